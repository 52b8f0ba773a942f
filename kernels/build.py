"""
Compiles the kernels of kernels.py ahead of time to PTX, assembles each with
ptxas (registers, spills) and writes ptx/ and kernels.json.  Needs no GPU.

Attention is built twice: sm80 for any device of compute capability >= 8.0, sm90
(sm_90a, with wgmma) for 9.0 alone (H100, H200, GH200).  All other kernels are
built for sm_80 only and listed under both generations.
"""
import concurrent.futures, json, os, re, subprocess, tempfile
os.environ.pop("TRITON_INTERPRET", None)
from triton import compile as compile_kernel, knobs
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
import kernels as K

knobs.compilation.disable_line_info = True
HERE = os.path.dirname(os.path.abspath(__file__))
PTX_VERSION = 80          # ISA 8.0: every driver of CUDA 12.0 or newer

# type of each run-time argument, by name
TYPES = {}
for names, kind in (("qkv dqkv out d_out x y16 xhat dx dy16 w16_out", "*fp16"),
                    ("lse2 delta bias residual weight shift rstd dres partials first second third y dy "
                     "w m v g scalars w_out m_out v_out", "*fp32"),
                    ("lengths row_keys column_keys head_keys", "*i32"),
                    ("N H T P n strip threshold", "i32"), ("scale boost epsilon", "fp32")):
    TYPES.update({name: kind for name in names.split()})
OVERRIDES = {("relu_drop_fwd", "y"): "*fp16", ("relu_drop_bwd", "y"): "*fp16", ("relu_drop_bwd", "dy"): "*fp16"}
C_TYPES = {"*fp16": "half*", "*fp32": "float*", "*i32": "int32_t*", "i32": "int32_t", "fp32": "float"}

ROW_BLOCKS, KEY_BLOCKS = ["ceil(N/BM)", "H", "B"], ["ceil(N/BN)", "H", "B"]


def attention(name, generation, grid, bm, bn, stages, maxnreg=None):
    constants = dict(DH=64, BM=bm, BN=bn, STAGES=stages)
    return dict(key=name, kernel=name, generation=generation, grid=grid, constants=constants, stages=stages,
                maxnreg=maxnreg)


def portable(name, suffix, grid, **constants):
    return dict(key=name + suffix, kernel=name, generation=80, grid=grid, constants=constants, stages=1, maxnreg=None)


# maxnreg caps the registers of a thread so that more programs fit on a
# multiprocessor, only where ptxas then reports no spills.  All use 4 warps.
VARIANTS = [
    attention("attn_fwd", 90, ROW_BLOCKS, 64, 64, 3, 128),
    attention("attn_fwd", 80, ROW_BLOCKS, 128, 64, 3),
    attention("attn_bwd_dkdv", 90, KEY_BLOCKS, 32, 64, 3, 128),
    attention("attn_bwd_dkdv", 80, KEY_BLOCKS, 64, 64, 2),
    attention("attn_bwd_dq", 90, ROW_BLOCKS, 64, 32, 3, 128),
    attention("attn_bwd_dq", 80, ROW_BLOCKS, 64, 32, 3),
    portable("attn_delta", "", ROW_BLOCKS, DH=64, BM=64),
    portable("norm_fwd", "", ["ceil(T/ROWS)", "1", "1"], D=512, ROWS=2),
    *[portable("norm_bwd", suffix, ["ceil(T/strip)", "1", "1"], D=512, ROWS=4, HAS_DY=dy, HAS_DY16=dy16)
      for suffix, dy, dy16 in (("-both", True, True), ("-dy", True, False), ("-dy16", False, True))],
    portable("relu_drop_fwd", "", ["ceil(T/ROWS)", "D/BC", "1"], D=512, ROWS=4, BC=512),
    portable("relu_drop_bwd", "", ["ceil(T/strip)", "D/BC", "1"], D=512, ROWS=4, BC=512),
    *[portable("sum_rows", f"-d{d}", ["D/BC", "G", "1"], D=d, BR=64, BC=32) for d in (512, 1536)],
    *[portable("column_sums", f"-d{d}", ["ceil(T/strip)", "D/BC", "1"], D=d, ROWS=8, BC=512) for d in (512, 1536)],
    portable("norm_again", "", ["ceil(T/ROWS)", "1", "1"], D=512, ROWS=4),
    portable("adam", "", ["ceil(n/BLOCK)", "1", "1"], BLOCK=1024),
]
WARPS = 4
NOTE = (
    "cuLaunchKernel(f, gx, gy, gz, threads, 1, 1, sharedBytes, stream, params, NULL): params holds one pointer per entry "
    "of arguments, in order, the two hidden ones at the end included (8-byte zeros). grid gives gx, gy, gz in terms of "
    "blocks, the arguments, B (batch) and G (number of groups). When sharedBytes > 49152 call once "
    "cuFuncSetAttribute(f, 8 /* MAX_DYNAMIC_SHARED_SIZE_BYTES */, sharedBytes) and "
    "cuFuncSetCacheConfig(f, 1 /* PREFER_SHARED */). "
    "Every pointer must be a multiple of 16, and so must n of adam; NULL is allowed only where kernels.py says so. "
    "sm90 files of attention run on compute capability 9.0 only; use the sm80 keys on any other device >= 8.0.")


def build(variant):
    name, constants = variant["kernel"], variant["constants"]
    fn = getattr(K, name)
    signature, attributes, arguments = {}, {}, []
    for position, argument in enumerate(fn.arg_names):
        if argument in constants:
            signature[argument] = "constexpr"
            continue
        kind = signature[argument] = OVERRIDES.get((name, argument)) or TYPES[argument]
        arguments.append(dict(name=argument, type=C_TYPES[kind]))
        if kind[0] == "*" or (name, argument) == ("adam", "n"):
            attributes[(position,)] = [["tt.divisibility", 16]]
    options = dict(num_warps=WARPS, num_stages=variant["stages"], ptx_version=PTX_VERSION)
    if variant["maxnreg"]:
        options["maxnreg"] = variant["maxnreg"]
    compiled = compile_kernel(ASTSource(fn, signature, constants, attributes),
                              target=GPUTarget("cuda", variant["generation"], 32), options=options)
    meta, ptx = compiled.metadata, re.sub(r"[ \t]*//.*", "", compiled.asm["ptx"])     # without comments
    ptx = re.sub(r"\n{2,}", "\n", ptx).lstrip()

    # the parameters that the PTX declares against the arguments that we describe
    arguments += [dict(name=hidden, type="void*", hidden=True) for hidden in ("global_scratch", "profile_scratch")]
    entry = re.search(r"\.visible \.entry (\w+)\((.*?)\)", ptx, re.S)
    declared = [re.sub("[bsf]", "u", kind) for kind in re.findall(r"\.param\s+\.(\w+)", entry.group(2))]
    assert declared == ["u64" if a["type"].endswith("*") else "u32" for a in arguments], (name, declared)
    assert meta.global_scratch_size == 0 and meta.profile_scratch_size == 0
    assert meta.num_ctas == 1 and not meta.launch_pdl and not meta.launch_cooperative_grid
    assert f".reqntid {32 * WARPS}" in ptx

    file = f"{variant['key']}-sm{variant['generation']}.ptx"
    path = os.path.join(HERE, "ptx", file)
    with open(path, "w") as f:
        f.write(ptx)
    target = re.search(r"\.target (\w+)", ptx).group(1)
    with tempfile.TemporaryDirectory() as folder:
        ptxas = subprocess.run([knobs.nvidia.ptxas.path, "-v", f"--gpu-name={target}", path, "-o", folder + "/a.cubin"],
                               capture_output=True, text=True)
    log = ptxas.stdout + ptxas.stderr
    assert ptxas.returncode == 0, (file, log)
    registers = int(re.search(r"Used (\d+) registers", log).group(1))
    spills = sum(map(int, re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", log).groups()))
    numbers = {k: v for k, v in constants.items() if not isinstance(v, bool)}
    flags = {k: v for k, v in constants.items() if isinstance(v, bool)}
    record = dict(file=file, entry=entry.group(1), threads=32 * WARPS, sharedBytes=meta.shared, blocks=numbers,
                  **({"flags": flags} if flags else {}), grid=variant["grid"], arguments=arguments)
    wgmma = "wgmma.mma_async" in ptx
    remarks = (" wgmma" if wgmma else "") + (" serialized" if "serialized" in log else "")
    return variant, record, (f"{file:28s} {target:7s} registers {registers:3d} spilled bytes {spills} "
                             f"shared {meta.shared:5d} {len(ptx) >> 10:4d} KiB{remarks}")


def main():
    os.makedirs(os.path.join(HERE, "ptx"), exist_ok=True)
    records = {}
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for variant, record, line in pool.map(build, VARIANTS):
            print(line, flush=True)
            twice = sum(v["key"] == variant["key"] for v in VARIANTS) > 1
            for generation in [variant["generation"]] if twice else [80, 90]:
                records[f"{variant['key']}-sm{generation}"] = record
    for old in set(os.listdir(os.path.join(HERE, "ptx"))) - {r["file"] for r in records.values()}:
        os.remove(os.path.join(HERE, "ptx", old))
    rows = ",\n".join(f"    {json.dumps(key)}: {json.dumps(record)}" for key, record in sorted(records.items()))
    with open(os.path.join(HERE, "kernels.json"), "w") as f:
        f.write(f'{{\n  "note": {json.dumps(NOTE)},\n  "kernels": {{\n{rows}\n  }}\n}}\n')
    print(len(VARIANTS), "files,", len(records), "keys")


if __name__ == "__main__":
    main()
