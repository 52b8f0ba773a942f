import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A Python of the user's. Nothing of ours runs in it: its packages hold libraries that we load. */
export interface Python {
  program: string;
  /** For instance [3, 12]. */
  version: [number, number];
  /** The folders in which it looks for packages. */
  folders: string[];
}

/** The environment of a checkout of ours, where JupyterLab runs; not there in an installed package. */
const CHECKOUT = fileURLToPath(new URL("../../../.venv", import.meta.url));

const ASK = `
import json, site, sys, sysconfig
folders = [sysconfig.get_paths()["purelib"], *site.getsitepackages(), site.getusersitepackages()]
print(json.dumps({"version": sys.version_info[:2], "folders": list(dict.fromkeys(folders))}))
`;

/**
 * The Pythons that packages are looked for in, and of which the first is installed into: that of the variable `PYTHON`,
 * the one whose wheel started us, those of the active environments, that of a checkout, and the one on the search path.
 */
export function pythons(): Python[] {
  const { PYTHON, CELLKERNEL_PYTHON, VIRTUAL_ENV, CONDA_PREFIX } = process.env;
  const environments = [VIRTUAL_ENV, CONDA_PREFIX, existsSync(CHECKOUT) ? CHECKOUT : undefined];
  const programs = [
    PYTHON,
    CELLKERNEL_PYTHON,
    ...environments.map((folder) => folder && join(folder, "bin", "python")),
    "python3",
  ];
  const found = new Map<string, Python>();
  for (const program of programs) {
    const python = program && !found.has(program) ? ask(program) : undefined;
    if (python) found.set(python.program, python);
  }
  return [...found.values()];
}

/** @returns undefined where it does not run: then it has no packages for us either */
function ask(program: string): Python | undefined {
  try {
    const said = execFileSync(program, ["-c", ASK], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return { program, ...JSON.parse(said) };
  } catch {
    return undefined;
  }
}
