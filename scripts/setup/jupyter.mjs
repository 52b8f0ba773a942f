// Puts our kernel and our extension into `.venv`.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { labextension } from "./node.mjs";
import { environments, jupyterEnvironment, root } from "./paths.mjs";

/** The kernel's own installer does it, so that there is one description of how it starts. */
export async function installKernelspec() {
  const { installKernelspec: install } = await import(
    pathToFileURL(join(root, "dist/kernel/kernelspec.js")).href
  );
  install({ prefix: environments.jupyter.folder });
}

export function installExtension() {
  if (!existsSync(labextension.built)) return;
  rmSync(labextension.installed, { recursive: true, force: true });
  cpSync(labextension.built, labextension.installed, { recursive: true });
}

/** The folder for what Jupyter keeps of its user, which must stand for IPython to use it. */
export function makeUserFolder() {
  mkdirSync(jupyterEnvironment().IPYTHONDIR, { recursive: true });
}

/** JupyterLab's own news banner asks the network on every start; this environment does without. */
export function configureLab() {
  const folder = join(environments.jupyter.folder, "etc/jupyter/labconfig");
  const settings = { disabledExtensions: { "@jupyterlab/apputils-extension:announcements": true } };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "page_config.json"), `${JSON.stringify(settings, null, 2)}\n`);
}
