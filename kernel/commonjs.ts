import { createRequire } from "node:module";
import { join } from "node:path";
import type { Namespace } from "./namespace.js";
import { PACKAGE_ROOT } from "./package.js";
import { findFile, isTypeScript, isUsers, modified } from "./userFiles.js";

/** Modules as Node keeps them, by path. */
const { cache } = createRequire(import.meta.url);
/** When the file of a module was written, as far as we have seen it loaded. */
const written = new WeakMap<NodeModule, number>();

/** `require` for files in `directory`: what is not installed there comes from this package. */
export function requireFrom(directory: string, library: string): NodeJS.Require {
  const local = createRequire(join(directory, "__cell.js"));
  const own = createRequire(join(PACKAGE_ROOT, "package.json"));
  const find = (name: string, options?: { paths?: string[] }): string => {
    if (name === "cellkernel") return library;
    try {
      return local.resolve(name, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
      if (/^[./]/.test(name)) return findFile(join(directory, name)) ?? raise(error);
      try {
        return own.resolve(name);
      } catch {
        throw error;
      }
    }
  };
  const require = (name: string): unknown => {
    const path = find(name);
    if (isTypeScript(path))
      throw new Error(
        `require('${name}') finds ${path}: TypeScript is imported, with import … from '${name}'`,
      );
    return load(path, local);
  };
  return Object.assign(require, local, { resolve: Object.assign(find, local.resolve) });
}

/** Loads a file of the user's again when it, or one that it requires, has changed. */
function load(path: string, require: NodeJS.Require): unknown {
  const known = cache[path];
  if (known) forgetChanged(known);
  const exports: unknown = require(path);
  for (const module of usersModules(cache[path]))
    if (!written.has(module)) written.set(module, modified(module.filename));
  return exports;
}

/** What an import of a CommonJS file gives. */
export function commonJsNamespace(exports: unknown): Namespace {
  const named = typeof exports === "object" || typeof exports === "function" ? exports : {};
  return { ...named, default: exports };
}

/** When a file, and each of those that it requires, was written. */
export function stateOf(path: string): string {
  const required = usersModules(cache[path]).map(({ filename }) => filename);
  return [path, ...required].map(modified).join(" ");
}

/** A module of the user's with those that it requires, each once. */
function usersModules(module: NodeModule | undefined, found = new Set<NodeModule>()): NodeModule[] {
  if (module && isUsers(module.filename) && !found.has(module)) {
    found.add(module);
    for (const child of module.children) usersModules(child, found);
  }
  return [...found];
}

function forgetChanged(module: NodeModule): void {
  const all = usersModules(module);
  const changed = new Set(all.filter((each) => written.get(each) !== modified(each.filename)));
  // And whoever requires one that has changed.
  for (let size = -1; size !== changed.size; ) {
    size = changed.size;
    for (const each of all) if (each.children.some((child) => changed.has(child))) changed.add(each);
  }
  for (const { filename } of changed) delete cache[filename];
}

function raise(error: unknown): never {
  throw error;
}
