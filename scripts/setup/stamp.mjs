// A step of the set-up is done again only when something that it depends on has changed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./paths.mjs";

/** A digest of files and folders (paths from the root; missing ones count as missing) and of `facts`. */
export function digest(paths, facts = []) {
  const hash = createHash("sha256");
  for (const fact of facts) hash.update(`${fact}\0`);
  const add = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) hash.update(`${path} missing\0`);
    else if (statSync(full).isDirectory()) {
      // Python leaves its compiled files beside the sources.
      const names = readdirSync(full).filter((name) => name !== "__pycache__");
      for (const name of names.sort()) add(`${path}/${name}`);
    } else hash.update(`${path}\0`).update(readFileSync(full));
  };
  for (const path of paths) add(path);
  return hash.digest("hex");
}

/** Runs `step` unless `stamp` (a file that `step`'s product carries) already holds `value`. */
export async function unlessStamped(stamp, value, step) {
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === value) return false;
  rmSync(stamp, { force: true });
  await step();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, value);
  return true;
}
