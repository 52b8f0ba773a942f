// Puts our kernel and our extension into `.venv`.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labextension } from "./node.mjs";
import { environments, root } from "./paths.mjs";

export function installKernelspec() {
  const folder = join(environments.jupyter.folder, "share/jupyter/kernels/cellkernel");
  const spec = {
    argv: [process.execPath, join(root, "dist/kernel/main.js"), "{connection_file}"],
    display_name: "TypeScript (Cellkernel)",
    language: "typescript",
    interrupt_mode: "message",
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "kernel.json"), `${JSON.stringify(spec, null, 2)}\n`);
}

export function installExtension() {
  if (!existsSync(labextension.built)) return;
  rmSync(labextension.installed, { recursive: true, force: true });
  cpSync(labextension.built, labextension.installed, { recursive: true });
}

/** JupyterLab's own news banner asks the network on every start; this environment does without. */
export function configureLab() {
  const folder = join(environments.jupyter.folder, "etc/jupyter/labconfig");
  const settings = { disabledExtensions: { "@jupyterlab/apputils-extension:announcements": true } };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "page_config.json"), `${JSON.stringify(settings, null, 2)}\n`);
}
