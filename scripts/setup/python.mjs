// The Python half: environments with exact versions. Python is JupyterLab's host here; no science runs in it.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { environments, program, windows } from "./paths.mjs";
import { capture, run, SetupError } from "./run.mjs";
import { digest, unlessStamped } from "./stamp.mjs";

const LEAST = [3, 10];

/** Finds a Python that can make environments: `$PYTHON`, else the usual names. */
async function findPython() {
  const candidates = [
    ...(process.env.PYTHON ? [[process.env.PYTHON]] : []),
    ...(windows ? [["py", "-3"]] : []),
    ["python3"],
    ["python"],
  ];
  // Where an environment is active, ours among them, the Python that it was made with.
  const probe =
    "import sys; print(getattr(sys, '_base_executable', sys.executable), sys.base_prefix, '%d.%d.%d' % sys.version_info[:3], sep='\\t')";
  let old;
  for (const [command, ...args] of candidates) {
    const { code, output } = await capture(command, [...args, "-c", probe]);
    if (code !== 0) continue;
    const [executable, prefix, version] = output.trim().split("\n").at(-1).split("\t");
    const [major, minor] = version.split(".").map(Number);
    if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) old ??= version;
    else return { executable, prefix, version };
  }
  const wanted = `install Python ${LEAST.join(".")} or newer (it runs JupyterLab), or name one in the variable PYTHON.`;
  throw new SetupError(old ? `Python ${old} is too old: ${wanted}` : `No Python was found: ${wanted}`);
}

/** Makes one of the environments, unless it stands with the packages of its lock file. */
export async function makeEnvironment(name) {
  const { folder, lock } = environments[name];
  const python = await findPython();
  const value = digest(lock, [folder, python.prefix, python.version]);
  return unlessStamped(join(folder, ".cellkernel"), value, async () => {
    rmSync(folder, { recursive: true, force: true });
    const made = await capture(python.executable, ["-m", "venv", folder]);
    if (made.code !== 0)
      throw new SetupError(
        "Python cannot make an environment: install its venv module " +
          `(Debian and Ubuntu: the package python3-venv).\n${made.output}`,
      );
    const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: "1" };
    const install = [program(folder, "python"), "-m", "pip", "install", "--quiet"];
    for (const file of lock) {
      // A complete lock needs no resolver. PyTorch's own dependencies differ from build to build.
      const [command, ...args] = [...install, ...(file.endsWith("peers.txt") ? [] : ["--no-deps"])];
      await run(`Python packages of ${file}`, [command, [...args, "-r", file]], { env });
    }
  });
}
