import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { COMMAND } from "../../runtime/devices.js";
import { atLeast, type Finding, note, right, wrong } from "./finding.js";
import type { PythonFacts } from "./python.js";

const EXTENSION = "@cellkernel/jupyterlab";
const PYTHON = [3, 10] as const;
/** The first JupyterLab with all that the extension uses. */
const LAB = [4, 3] as const;

/** Python, JupyterLab, our extension and our kernelspecs. */
export function jupyter(python: PythonFacts | undefined, version: string): Finding[] {
  if (!python) {
    const remedy = `Install Python ${PYTHON.join(".")} or newer, or activate its environment.`;
    return [wrong("Python", "not found: JupyterLab needs it", remedy)];
  }
  return [ofPython(python), ofLab(python), ofExtension(python, version), ...ofKernels(python, version)];
}

function ofPython({ version, program }: PythonFacts): Finding {
  const found = `${version}, ${program}`;
  if (atLeast(version, PYTHON)) return right("Python", found);
  return wrong("Python", found, `Make an environment of Python ${PYTHON.join(".")} or newer.`);
}

function ofLab({ jupyterlab, program }: PythonFacts): Finding {
  const wanted = `"jupyterlab>=${LAB.join(".")}"`;
  if (!jupyterlab) {
    const found = "not in this environment; other front ends show static pictures";
    return note("JupyterLab", found, `For live views: ${program} -m pip install ${wanted}`);
  }
  if (atLeast(jupyterlab, LAB)) return right("JupyterLab", jupyterlab);
  const found = `${jupyterlab}: the extension needs ${LAB.join(".")} or newer`;
  return wrong("JupyterLab", found, `${program} -m pip install --upgrade ${wanted}`);
}

function ofExtension({ data, config, jupyterlab }: PythonFacts, version: string): Finding {
  const part = "extension";
  const folder = data
    .map((path) => join(path, "labextensions", EXTENSION))
    .find((path) => existsSync(join(path, "package.json")));
  if (!folder) {
    const remedy = "Install Cellkernel's wheel into the environment of JupyterLab.";
    const found = "not installed: views are static pictures";
    return jupyterlab ? wrong(part, found, remedy) : note(part, found, remedy);
  }
  const installed = (readJson(join(folder, "package.json")) as { version?: string } | undefined)?.version;
  const found = `${installed}, ${folder}`;
  if (installed !== version)
    return wrong(part, `${found}: this is Cellkernel ${version}`, "Install the wheel of this version there.");
  if (config.some(disables))
    return wrong(part, `${found}, disabled`, `jupyter labextension enable ${EXTENSION}`);
  return right(part, found);
}

/** Whether a folder of settings turns the extension off; as a list in old ones. */
function disables(folder: string): boolean {
  const page = readJson(join(folder, "labconfig", "page_config.json")) as
    | { disabledExtensions?: string[] | Record<string, boolean> }
    | undefined;
  const disabled = page?.disabledExtensions ?? {};
  return Array.isArray(disabled) ? disabled.includes(EXTENSION) : disabled[EXTENSION] === true;
}

interface Kernelspec {
  argv?: string[];
  metadata?: { cellkernel?: { version?: string } };
}

function ofKernels({ data }: PythonFacts, version: string): Finding[] {
  const found: Finding[] = [];
  const names = new Set<string>();
  for (const path of data.map((folder) => join(folder, "kernels"))) {
    for (const name of existsSync(path) ? readdirSync(path).sort() : []) {
      const folder = join(path, name);
      const spec = readJson(join(folder, "kernel.json")) as Kernelspec | undefined;
      if (!spec || !isOurs(folder, spec)) continue;
      found.push(ofKernel(name, folder, spec, version, names.has(name)));
      names.add(name);
    }
  }
  if (found.length > 0) return found;
  return [wrong("kernelspec", "not installed", `${COMMAND} kernel install --sys-prefix`)];
}

const START = "{resource_dir}/start.py";

/** Written by `kernel install`, brought by a wheel, or by a wheel of before. */
function isOurs(folder: string, { argv = [], metadata }: Kernelspec): boolean {
  if (argv.includes(START)) return readText(join(folder, "start.py"))?.includes("cellkernel") === true;
  return metadata?.cellkernel !== undefined || argv.some((word) => word.includes("cellkernel"));
}

function ofKernel(name: string, folder: string, spec: Kernelspec, version: string, hidden: boolean): Finding {
  const part = `kernelspec ${name}`;
  const gone = missing(folder, spec);
  if (gone)
    return wrong(
      part,
      `${folder}: what it starts is gone (${gone})`,
      hidden ? `Remove the folder ${folder}.` : `jupyter kernelspec remove ${name}`,
    );
  if (hidden) return note(part, `${folder}: hidden by the one above, of the same name`);
  const other = spec.metadata?.cellkernel?.version ?? version;
  return other === version ? right(part, folder) : note(part, `${folder}, of Cellkernel ${other}`);
}

/** The first file or folder that the kernelspec needs and that is not there. */
function missing(folder: string, { argv = [] }: Kernelspec): string | undefined {
  if (!argv.includes(START)) return argv.filter(isAbsolute).find((path) => !existsSync(path));
  // <prefix>/share/jupyter/kernels/NAME: an environment has Python's packages below its prefix.
  const packages = ["lib", "Lib", "local/lib"].map((each) => join(folder, "../../../..", each));
  return packages.some(holdsUs) ? undefined : `the package cellkernel below ${join(folder, "../../../..")}`;
}

/** `lib/python3.12/site-packages`, Debian's `lib/python3/dist-packages`, Windows' `Lib/site-packages`. */
function holdsUs(lib: string): boolean {
  const versions = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith("python")) : [];
  return ["", ...versions].some((each) =>
    ["site-packages", "dist-packages"].some((packages) =>
      existsSync(join(lib, each, packages, "cellkernel/js")),
    ),
  );
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function readJson(path: string): object | undefined {
  try {
    return JSON.parse(readText(path) ?? "");
  } catch {
    return undefined;
  }
}
