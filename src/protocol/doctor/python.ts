import { execFileSync } from "node:child_process";
import { pythons } from "../../runtime/python.js";

/** A Python environment, in its own words. */
export interface PythonFacts {
  program: string;
  version: string;
  /** Absent where it is not installed. */
  jupyterlab?: string;
  /** Where Jupyter looks for kernels and extensions, the first first. */
  data: string[];
  /** Where it looks for settings. */
  config: string[];
}

const ASK = `
import json, os, platform, sys
from importlib.metadata import PackageNotFoundError, version
facts = {"program": sys.executable, "version": platform.python_version()}
facts["data"], facts["config"] = [os.path.join(sys.prefix, "share", "jupyter")], [os.path.join(sys.prefix, "etc", "jupyter")]
try:
    facts["jupyterlab"] = version("jupyterlab")
except PackageNotFoundError:
    pass
try:
    from jupyter_core.paths import jupyter_config_path, jupyter_path
    facts["data"], facts["config"] = jupyter_path(), jupyter_config_path()
except ImportError:
    pass
print(json.dumps(facts))
`;

/** The environment that we came with, else the active one, else that of the search path; undefined where there is none. */
export function askPython(): PythonFacts | undefined {
  const [python] = pythons();
  if (!python) return undefined;
  // In a folder of ours: modules of the one that we are called in are not the environment's.
  const said = execFileSync(python.program, ["-c", ASK], { encoding: "utf8", cwd: import.meta.dirname });
  return JSON.parse(said) as PythonFacts;
}
