// Gathers what the wheel holds of npm's half, for one platform.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { npm, root } from "../setup/paths.mjs";
import { capture, SetupError } from "../setup/run.mjs";
import { packagesAtRunTime } from "./closure.mjs";
import { fetchPackages } from "./fetch.mjs";
import { goesIn } from "./prune.mjs";

/** Read by `hook.py`. */
const folder = join(root, "output/wheel/gathered");

/**
 * @param platform as in `platforms.mjs`
 * @returns {Promise<[part: string, bytes: number][]>} the size of each part, the largest first
 */
export async function gather(platform) {
  rmSync(folder, { recursive: true, force: true });
  const target = join(folder, "js");
  const sizes = new Map();
  const copy = (from, to, part) => {
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to);
    sizes.set(part, (sizes.get(part) ?? 0) + statSync(to).size);
  };
  for (const path of await ownFiles()) copy(join(root, path), join(target, path), "cellkernel");
  const packages = packagesAtRunTime();
  const others = await fetchPackages(packages.filter((each) => isMissing(each, platform)));
  for (const { folder: path, name } of packages) {
    const source = others.get(path) ?? join(root, path);
    // Binaries of other platforms.
    if (!existsSync(source) || (isBinary(name) && !isBinaryOf(name, platform))) continue;
    for (const file of filesOf(source))
      if (goesIn(name, file, platform)) copy(join(source, file), join(target, path, file), name);
  }
  checkBinaries(target);
  standInForTslabsTypeScript(target);
  reserveSnapshot(target);
  writeFileSync(join(folder, "tag"), `${platform.tag}\n`);
  return [...sizes].sort(([, a], [, b]) => b - a);
}

const BINARY = /^@(koromix\/koffi|resvg\/resvg-js)-/;
const isBinary = (name) => BINARY.test(name);
const isBinaryOf = (name, { platform, arch, resvg }) =>
  [`@koromix/koffi-${platform}-${arch}`, `@resvg/resvg-js-${resvg}`].includes(name);

/** npm installs a package of binaries on its own platform alone. */
function isMissing({ folder: path, name, optional }, platform) {
  if (existsSync(join(root, path))) return false;
  if (!optional) throw new SetupError(`${path} is not installed, and is needed at run time.`);
  return isBinaryOf(name, platform);
}

/** Of these packages each has one binary for every platform. */
const WITH_BINARY = ["@koromix/koffi", "@resvg/resvg-js", "onnxruntime-node", "zeromq"];

/** A package that names its folders otherwise in a new version would be left without its binary. */
function checkBinaries(target) {
  const binaries = filesOf(target).filter((path) => path.endsWith(".node"));
  const counts = WITH_BINARY.map(
    (name) => binaries.filter((path) => path.startsWith(`node_modules/${name}`)).length,
  );
  if (counts.some((count) => count !== 1))
    throw new SetupError(
      `One binary each is expected of ${WITH_BINARY.join(", ")}; there are: ${binaries.join(", ")}`,
    );
}

/**
 * What `npm publish` would take, without the maps from compiled code to sources, which stay behind, and the package that it
 * brings along, which is gathered with the others.
 */
async function ownFiles() {
  const { code, output } = await capture(
    ...npm("pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=silent"),
  );
  if (code !== 0) throw new SetupError(`npm pack: failed\n${output}`);
  const [{ files }] = Object.values(JSON.parse(output));
  return files
    .map(({ path }) => path)
    .filter((path) => !path.endsWith(".map") && !path.startsWith("node_modules/"));
}

function filesOf(source) {
  return readdirSync(source, { recursive: true })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => statSync(join(source, path)).isFile());
}

/** tslab brings a TypeScript of its own, 39 MB, for cells that we compile ourselves: its display functions do with ours. */
function standInForTslabsTypeScript(target) {
  const standIn = join(target, "node_modules/@tslab/typescript-for-tslab");
  const { version } = JSON.parse(readFileSync(join(target, "node_modules/typescript/package.json"), "utf8"));
  mkdirSync(standIn, { recursive: true });
  writeFileSync(
    join(standIn, "package.json"),
    `${JSON.stringify({ name: "@tslab/typescript-for-tslab", version, main: "index.js" })}\n`,
  );
  writeFileSync(join(standIn, "index.js"), 'module.exports = require("typescript");\n');
}

/** What the first kernel writes into the package, pip removes with it only where the wheel has files of those names. */
function reserveSnapshot(target) {
  const place = join(target, "dist/kernel/snapshot");
  mkdirSync(place, { recursive: true });
  for (const ending of ["", ".key", ".building"]) writeFileSync(join(place, `language.blob${ending}`), "");
}
