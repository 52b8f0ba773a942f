import { readFileSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import vm from "node:vm";
import { PACKAGE_ROOT } from "./package.js";

/** Files that are compiled as cells are. */
const TYPESCRIPT = [".ts", ".mts", ".cts"];
const JAVASCRIPT = [".js", ".mjs", ".cjs"];
/** A larger one is no helper that somebody edits, but what a bundler has made. */
const MOST_BYTES = 500_000;

const hasExtension = (file: string, extensions: string[]) => extensions.some((each) => file.endsWith(each));

export const isTypeScript = (file: string) => hasExtension(file, TYPESCRIPT);

/** JavaScript that the user may edit while the kernel runs. */
export function isUsersJavaScript(file: string): boolean {
  return hasExtension(file, JAVASCRIPT) && isUsers(file) && statSync(file).size <= MOST_BYTES;
}

/** Whether a file is no part of a package that is installed. */
export const isUsers = (file: string) =>
  !file.includes(`${sep}node_modules${sep}`) && !file.startsWith(join(PACKAGE_ROOT, "dist") + sep);

/** The file that an import means: TypeScript's may be named by what they compile to, or without extension. */
export function findFile(path: string): string | undefined {
  const candidates = [
    path,
    path.replace(/\.(m|c)?js$/, ".$1ts"),
    ...[...TYPESCRIPT, ...JAVASCRIPT, ".json"].map((extension) => path + extension),
    ...[".ts", ".js"].map((extension) => join(path, `index${extension}`)),
  ];
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}

export function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Whether a JavaScript file is an ES module, as Node decides it: by its name, its package, its syntax. */
export function isModule(file: string): boolean {
  if (file.endsWith(".mjs")) return true;
  if (file.endsWith(".cjs")) return false;
  const type = packageType(dirname(file));
  if (type) return type === "module";
  try {
    vm.compileFunction(readFileSync(file, "utf8").replace(/^#!.*/, ""), ["exports", "require", "module"]);
    return false;
  } catch (error) {
    return /import statement|'export'|import\.meta|await is only valid/.test((error as Error).message);
  }
}

function packageType(directory: string): string | undefined {
  const manifest = join(directory, "package.json");
  if (statSync(manifest, { throwIfNoEntry: false })?.isFile())
    return (JSON.parse(readFileSync(manifest, "utf8")) as { type?: string }).type;
  const parent = dirname(directory);
  return parent === directory ? undefined : packageType(parent);
}
