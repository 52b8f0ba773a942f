// The JavaScript half: packages, TypeScript, the JupyterLab extension.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { environments, jupyterEnvironment, npm, root } from "./paths.mjs";
import { run, SetupError } from "./run.mjs";
import { digest, unlessStamped } from "./stamp.mjs";

/** The Nodes that package.json's `engines` names, each as its major and least minor version, and whether later majors will do. */
const NODES = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  .engines.node.split(" || ")
  .map((part) => {
    const [, sign, major, minor] = /^(\^|>=)(\d+)\.(\d+)$/.exec(part);
    return { major: Number(major), minor: Number(minor), later: sign === ">=" };
  });

/** They in words. */
export const WANTED = NODES.map(
  ({ major, minor, later }) => `${major}.${minor} or ${later ? "newer" : `a newer ${major}`}`,
).join(", or ");

/** Whether Cellkernel runs on a Node of this version. */
export function isSuitable(version) {
  const [ownMajor, ownMinor] = version.split(".").map(Number);
  return NODES.some(
    ({ major, minor, later }) => (ownMajor === major && ownMinor >= minor) || (later && ownMajor > major),
  );
}

export function checkNode() {
  const { node } = process.versions;
  if (!isSuitable(node))
    throw new SetupError(`Node ${node} won't do: install Node ${WANTED} (version 24 is a good choice).`);
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
  const parts = ["src", "style", "schema", "package.json", "tsconfig.json", "page.mjs"];
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
