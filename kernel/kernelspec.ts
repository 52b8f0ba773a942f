import { copyFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeFileAtomically } from "../src/support/atomic.js";
import { version } from "./info.js";
import { PACKAGE_ROOT } from "./package.js";
import { jupyterDataDirectory, makeFolder, systemDataDirectory } from "./platform.js";

/** Where a kernelspec goes: one of the places in which Jupyter looks. */
export interface InstallOptions {
  /** Folder of the kernelspec, and what `--kernel` is given; versions side by side need different ones. */
  name?: string;
  /** What front ends show in their lists. */
  displayName?: string;
  /** A Python environment or another prefix: installs below its `share/jupyter`. */
  prefix?: string;
  /** For every user of this machine instead of the present one. */
  system?: boolean;
}

/** Pictures for launchers, by the names that Jupyter looks for. */
const LOGOS = ["logo-svg.svg", "logo-64x64.png"];

/** The content of `kernel.json`; absolute paths, because Jupyter may start in any folder. */
export function kernelspec(displayName = "TypeScript (Cellkernel)"): object {
  return {
    argv: [process.execPath, join(PACKAGE_ROOT, "dist", "kernel", "main.js"), "{connection_file}"],
    display_name: displayName,
    language: "typescript",
    interrupt_mode: "message",
    // For what cells start, too: the kernel turns it off for itself.
    env: { ORT_DISABLE_TELEMETRY: "1" },
    metadata: { debugger: false, cellkernel: { version } },
  };
}

/**
 * Writes the kernelspec; returns its folder.
 *
 * @throws when the name is not one that Jupyter accepts
 */
export function installKernelspec({
  name = "cellkernel",
  displayName,
  prefix,
  system,
}: InstallOptions = {}): string {
  if (!/^[a-z0-9._-]*[a-z0-9][a-z0-9._-]*$/i.test(name)) {
    throw new Error(
      `The kernel's name is "${name}"; expected letters or digits, with ".", "_" and "-" beside them.`,
    );
  }
  if (prefix === "") throw new Error("The prefix is empty; expected the folder of a Python environment.");
  if (displayName === "") throw new Error("The display name is empty; expected what front ends are to show.");
  const data = prefix
    ? join(resolve(prefix), "share", "jupyter")
    : system
      ? systemDataDirectory()
      : jupyterDataDirectory();
  const folder = join(data, "kernels", name);
  makeFolder(folder);
  for (const logo of LOGOS)
    copyFileSync(join(PACKAGE_ROOT, "kernel", "kernelspec", logo), join(folder, logo));
  writeFileAtomically(join(folder, "kernel.json"), `${JSON.stringify(kernelspec(displayName), null, 2)}\n`);
  return folder;
}
