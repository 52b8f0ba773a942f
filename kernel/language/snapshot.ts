import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PACKAGE_ROOT } from "../package.js";
import { cacheDirectory } from "../platform.js";

/**
 * Flags of the language process, the same when the snapshot is built. The heap may hold little
 * garbage, since the process is idle most of the time. Long functions are not optimised: TypeScript's
 * longest run once a cell, and V8 would spend five seconds and 120 MB on `createTypeChecker` alone.
 */
export const LANGUAGE_FLAGS = ["--heap-growing-percent=20", "--max-optimized-bytecode-size=4096"];

/**
 * glibc gives memory back rather than keep it for each of V8's threads; elsewhere these mean nothing.
 * A snapshot serves only the flags that it was built with: those of `NODE_OPTIONS` are for the cells.
 */
export const LANGUAGE_ENVIRONMENT = {
  MALLOC_ARENA_MAX: "2",
  MALLOC_TRIM_THRESHOLD_: "131072",
  NODE_OPTIONS: "",
};

const KERNEL = join(PACKAGE_ROOT, "dist", "kernel");

/**
 * Where the snapshot of the language process lies: in the package, or, where that cannot be written, in the user's cache.
 * The names are always the same, so that a wheel can list them, and pip removes the files with the rest. See `buildSnapshot`.
 */
export function snapshotFiles(): { blob: string; key: string; building: string } {
  const blob = join(snapshotFolder(), "language.blob");
  return { blob, key: `${blob}.key`, building: `${blob}.building` };
}

/** What a snapshot is of: this Node and these files. It stands in the file `key` beside the snapshot. */
export function snapshotKey(): string {
  const hash = createHash("sha256").update(`${process.version} ${process.arch}`);
  const files = [KERNEL, join(KERNEL, "language")].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".js"))
      .sort()
      .map((name) => join(folder, name)),
  );
  for (const path of [...files, process.execPath]) {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path} ${mtimeMs} ${size}`);
  }
  return hash.digest("hex");
}

/** The snapshot that fits this Node and these files; undefined where there is none. */
export function findSnapshot(): string | undefined {
  const { blob, key } = snapshotFiles();
  if (!existsSync(blob) || !existsSync(key)) return undefined;
  return readFileSync(key, "utf8") === snapshotKey() ? blob : undefined;
}

/**
 * Makes the first start as quick as those after it; returns whether that worked. A kernel without snapshot
 * works too, and makes it for the next one.
 */
export function prepareSnapshot(): boolean {
  if (findSnapshot()) return true;
  const program = fileURLToPath(new URL("./buildSnapshot.js", import.meta.url));
  return spawnSync(process.execPath, [program], { stdio: "ignore" }).status === 0;
}

function snapshotFolder(): string {
  try {
    accessSync(KERNEL, constants.W_OK);
    return join(KERNEL, "snapshot");
  } catch {
    return join(cacheDirectory(), createHash("sha256").update(PACKAGE_ROOT).digest("hex").slice(0, 8));
  }
}
