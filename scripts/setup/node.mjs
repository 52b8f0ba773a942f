// The JavaScript half: packages, TypeScript, the JupyterLab extension.
import { join } from "node:path";
import { environments, jupyterEnvironment, npm, root } from "./paths.mjs";
import { run, SetupError } from "./run.mjs";
import { digest, unlessStamped } from "./stamp.mjs";

const LEAST = [20, 19];

export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1]))
    throw new SetupError(
      `Node ${process.versions.node} is too old: install Node ${LEAST.join(".")} or newer (version 24 is a good choice).`,
    );
}

/** `npm ci`, unless the installed packages are those of the lock file. */
export function installPackages() {
  const value = digest(
    ["package-lock.json", ".npmrc"],
    [process.platform, process.arch, process.versions.modules],
  );
  return unlessStamped(join(root, "node_modules/.cellkernel"), value, async () => {
    // onnxruntime-node's own install script would download CUDA libraries that nothing here uses.
    await run("npm packages", npm("ci", "--no-audit", "--no-fund"), {
      env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
    });
  });
}

export function compile() {
  const sources = [
    "src",
    "extension/src",
    "kernel",
    "bench",
    "test",
    "scripts",
    "tsconfig.json",
    "package-lock.json",
  ];
  return unlessStamped(join(root, "dist/.cellkernel"), digest(sources), () =>
    run("TypeScript", [process.execPath, ["node_modules/typescript/bin/tsc"]]),
  );
}

/** Builds the labextension; `jupyter-builder` comes from `.venv`, so that goes first. */
export function buildExtension() {
  const parts = ["src", "style", "schema", "package.json", "tsconfig.json", "rspack.config.js"];
  const value = digest(["src/views", "package-lock.json", ...parts.map((part) => `extension/${part}`)]);
  const stamp = join(root, "extension/lib/.cellkernel");
  return unlessStamped(stamp, value, () =>
    run("JupyterLab extension", npm("run", "build", "--if-present", "--workspace", "extension"), {
      env: jupyterEnvironment(),
    }),
  );
}

export const labextension = {
  built: join(root, "extension/labextension"),
  installed: join(environments.jupyter.folder, "share/jupyter/labextensions/@cellkernel/jupyterlab"),
};
