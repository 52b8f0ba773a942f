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
  const { prepareSnapshot } = await import(
    pathToFileURL(join(root, "dist/kernel/language/snapshot.js")).href
  );
  prepareSnapshot();
}

export function installExtension() {
  if (!existsSync(labextension.built)) return;
  rmSync(labextension.installed, { recursive: true, force: true });
  cpSync(labextension.built, labextension.installed, { recursive: true });
}

/** Settings of the environment, and the folders in which Jupyter keeps what belongs to its user. */
export function configureLab() {
  // IPython takes a folder of its own only where it stands already.
  mkdirSync(jupyterEnvironment().IPYTHONDIR, { recursive: true });
  // JupyterLab carries a yarn in CommonJS; without this, Node takes it for ESM, as our package.json says.
  writeFileSync(join(environments.jupyter.folder, "package.json"), '{ "type": "commonjs" }\n');
  // JupyterLab's news banner asks the network on every start.
  const folder = join(environments.jupyter.folder, "etc/jupyter/labconfig");
  const settings = { disabledExtensions: { "@jupyterlab/apputils-extension:announcements": true } };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "page_config.json"), `${JSON.stringify(settings, null, 2)}\n`);
}
