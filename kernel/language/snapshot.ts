import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../package.js";
import { cacheDirectory } from "../platform.js";

/**
 * Path of the snapshot of the language process that fits this Node and these files; it may not exist.
 * See `buildSnapshot`.
 */
export function snapshotPath(): string {
  const language = join(PACKAGE_ROOT, "dist", "kernel", "language");
  const hash = createHash("sha256").update([process.version, process.arch].join());
  const files = readdirSync(language).filter((name) => name.endsWith(".js"));
  for (const path of [...files.sort().map((name) => join(language, name)), process.execPath]) {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path} ${mtimeMs} ${size}`);
  }
  return join(cacheDirectory(), `${snapshotPrefix()}${hash.digest("hex").slice(0, 16)}.blob`);
}

/** How the names of the snapshots of this copy of the package begin. */
export function snapshotPrefix(): string {
  return `language-${createHash("sha256").update(PACKAGE_ROOT).digest("hex").slice(0, 8)}-`;
}
