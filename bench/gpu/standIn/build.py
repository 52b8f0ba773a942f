"""Makes stand-ins for the CUDA libraries that onnxruntime's provider needs: `build.py PROVIDER INCLUDE OUT`.

They let the training engine go through its steps on a machine without a GPU, and count what it asks of one: launches,
copies over the bus, memory. Kernels do nothing, so that no number is right. The names that the provider takes from each
library come from its own table of symbols; those that `runtime.c` and `driver.c` do not have are counted and return
success. INCLUDE holds the headers of the CUDA runtime. Needs gcc, nm and readelf.
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LIBRARY = r"lib(?:cudart|cublas|cublasLt|curand)\.so\.\d+"
GCC = ["gcc", "-w", "-O1", "-shared", "-fPIC"]


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def stub(name):
    """A function that succeeds; one that creates something hands out a pointer, which nobody follows."""
    made = re.search(r"Create(_v2)?$", name)
    body = "*made = (void*)1; " if made else ""
    if re.search(r"GetStatus(Name|String)$", name):
        return f'const char* {name}(int code) {{ return "none"; }}\n'
    return f'int {name}({"void** made" if made else "void"}) {{ {body}standin_count("{name}"); return 0; }}\n'


def build(provider, include, out):
    out.mkdir(parents=True, exist_ok=True)
    driver = out / "libcuda.so.1"
    subprocess.run([*GCC, f"-Wl,-soname,{driver.name}", "-o", driver, HERE / "driver.c", "-lpthread"], check=True)
    needed = dict.fromkeys(re.findall(LIBRARY, output_of("readelf", "-d", provider)), "")
    runtime = (HERE / "runtime.c").read_text()
    for library in needed:
        needed[library] = runtime if "cudart" in library else "void standin_count(const char*);\n"
    for name, library in re.findall(rf" U (\w+)@({LIBRARY})", output_of("nm", "-D", "--undefined-only", provider)):
        if not re.search(rf"\b{name}\(", needed[library]):
            needed[library] += stub(name)
    for library, source in needed.items():
        code, versions = out / f"{library}.c", out / f"{library}.map"
        code.write_text(source)
        versions.write_text(f"{library} {{ global: *; }};\n")
        names = [f"-Wl,-soname,{library}", f"-Wl,--version-script={versions}"]
        subprocess.run(
            [*GCC, f"-I{include}", *names, "-o", out / library, code, f"-L{out}", f"-l:{driver.name}"], check=True
        )
        code.unlink()
        versions.unlink()


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:]))
