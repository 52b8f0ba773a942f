// Which packages of node_modules are needed at run time.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/paths.mjs";

/** What a package asks for and we never load: bundlers and command lines of packages whose library alone is used. */
const UNUSED = {
  "node_modules/tslab": [
    "@tslab/typescript-for-tslab",
    "@rollup/plugin-commonjs",
    "@rollup/plugin-node-resolve",
    "@rollup/plugin-replace",
    "@types/node",
    "commander",
    "rollup",
  ],
  "node_modules/onnxruntime-node": ["adm-zip", "global-agent"],
  "node_modules/vega-lite": ["yargs"],
  "node_modules/zeromq": ["node-addon-api"],
  "node_modules/d3-dsv": ["commander", "iconv-lite", "rw"],
};

/**
 * The dependencies of package.json and theirs, found as Node finds them.
 * @returns {{ folder: string, name: string, version: string, optional: boolean }[]} by folder in the checkout
 */
export function packagesAtRunTime() {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const found = new Map();
  const add = (from, names, optional) => {
    for (const name of Object.keys(names ?? {})) {
      if (UNUSED[from]?.includes(name)) continue;
      const folder = resolve(packages, from, name);
      if (!folder || found.has(folder)) continue;
      const { version, dependencies, optionalDependencies } = packages[folder];
      found.set(folder, { folder, name, version, optional });
      add(folder, dependencies, false);
      add(folder, optionalDependencies, true);
    }
  };
  add("", packages[""].dependencies, false);
  return [...found.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

function resolve(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const candidate = [folder, "node_modules", name].filter(Boolean).join("/");
    if (packages[candidate]) return candidate;
    // Packages of the top level lie in "node_modules/…", which has no "/" before it.
    if (!folder) return undefined;
  }
}
