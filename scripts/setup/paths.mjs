// Where things are, on every platform: the only file of the set-up that knows one from another.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const windows = process.platform === "win32";

/** What installs all else: Python brings old ones along, with faults that are known. */
const TOOLS = "requirements/tools.txt";

/** The Python environments of this checkout: what each is for, and its exact packages. */
export const environments = {
  jupyter: { folder: join(root, ".venv"), lock: [TOOLS, "requirements/jupyter.txt"] },
  test: { folder: join(root, ".venv-test"), lock: [TOOLS, "requirements/test.txt"] },
  peers: {
    folder: join(root, ".venv-peers"),
    lock: [TOOLS, "requirements/peers.txt", "requirements/peers-without-dependencies.txt"],
  },
  notebook: { folder: join(root, ".venv-notebook"), lock: [TOOLS, "requirements/notebook.txt"] },
  views: { folder: join(root, ".venv-views"), lock: [TOOLS, "requirements/views.txt"] },
  mpi: { folder: join(root, ".venv-mpi"), lock: [TOOLS, "requirements/mpi.txt"] },
  cluster: { folder: join(root, ".venv-cluster"), lock: [TOOLS, "requirements/cluster.txt"] },
};

/** A program of a Python environment. */
export function program(folder, name) {
  return windows ? join(folder, "Scripts", `${name}.exe`) : join(folder, "bin", name);
}

/** How npm is called: through Node where npm started us, since Windows cannot spawn `npm` itself. */
export function npm(...args) {
  const cli = process.env.npm_execpath;
  return cli ? [process.execPath, [cli, ...args]] : [windows ? "npm.cmd" : "npm", args];
}

/**
 * The environment for Jupyter's programs: they see this checkout's kernel and extension only,
 * and write nothing outside it.
 */
export function jupyterEnvironment() {
  const { folder } = environments.jupyter;
  const user = join(folder, "user");
  return {
    ...process.env,
    VIRTUAL_ENV: folder,
    PATH: [join(folder, windows ? "Scripts" : "bin"), process.env.PATH].join(windows ? ";" : ":"),
    JUPYTER_CONFIG_DIR: join(user, "config"),
    JUPYTER_DATA_DIR: join(user, "data"),
    JUPYTER_RUNTIME_DIR: join(user, "runtime"),
    IPYTHONDIR: join(user, "ipython"),
  };
}

/** Where a Chromium may lie, by platform; looked at after `CHROMIUM`. */
export function chromiumPlaces() {
  if (process.platform === "darwin")
    return [
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ];
  if (windows)
    return [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA]
      .filter(Boolean)
      .map((folder) => join(folder, "Google", "Chrome", "Application", "chrome.exe"));
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  return (process.env.PATH ?? "")
    .split(":")
    .filter(Boolean)
    .flatMap((folder) => names.map((name) => join(folder, name)));
}
