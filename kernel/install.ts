import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { type InstallOptions, installKernelspec } from "./kernelspec.js";
import { prepareSnapshot } from "./language/snapshot.js";

/** `cellkernel kernel install`, started by name from the command line of the package. */

const USAGE = `usage: cellkernel kernel install [--user | --system | --sys-prefix | --prefix DIR] [--name NAME] [--display-name TEXT]

  --user           for the present user (the default)
  --system         for every user of this machine
  --sys-prefix     into the Python environment whose \`python\` is first in PATH
  --prefix DIR     into another environment: DIR/share/jupyter
  --name NAME      folder of the kernelspec, for several versions side by side (default: cellkernel)
  --display-name   what front ends show (default: TypeScript (Cellkernel))`;

function main(args: string[]): void {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      user: { type: "boolean" },
      system: { type: "boolean" },
      "sys-prefix": { type: "boolean" },
      prefix: { type: "string" },
      name: { type: "string" },
      "display-name": { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (positionals.length !== 1 || positionals[0] !== "install") throw new Error(USAGE);
  const places = ["user", "system", "sys-prefix", "prefix"].filter((place) => place in values);
  if (places.length > 1)
    throw new Error(`Give one of --user, --system, --sys-prefix and --prefix.\n\n${USAGE}`);
  const options: InstallOptions = {
    name: values.name,
    displayName: values["display-name"],
    prefix: values["sys-prefix"] ? pythonPrefix() : values.prefix,
    system: values.system,
  };
  console.log(`Installed the kernel in ${installKernelspec(options)}`);
  if (!prepareSnapshot())
    console.error("The kernel works, but starts more slowly: its snapshot could not be made.");
}

/** `sys.prefix` of the Python that Jupyter most likely runs on. */
function pythonPrefix(): string {
  for (const python of ["python", "python3"]) {
    try {
      return execFileSync(python, ["-c", "import sys; print(sys.prefix)"], { encoding: "utf8" }).trim();
    } catch {
      // Not in PATH under this name.
    }
  }
  throw new Error(
    "--sys-prefix needs a python in PATH; give the environment's folder with --prefix instead.",
  );
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
