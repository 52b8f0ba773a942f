import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { folderDestination } from "./destination.js";
import { CellkernelError } from "./error.js";
import { flush, hold, removeLeftovers, temporaryName } from "./temporary.js";
import { writeFailure } from "./writeFailure.js";

/**
 * A folder that is filled under a temporary name beside its final one and takes that name only when it is whole: what
 * stood there before stays until then, and then goes as a whole. Links are written through, as `TemporaryFile` does.
 */
export class TemporaryFolder {
  /** The temporary name, in the folder of the final one. */
  readonly path: string;
  private readonly destination: string;
  private readonly mode: number | undefined;
  private release = () => {};

  /**
   * @param mayReplace whether a folder that stands there is one that this one may take the place of
   * @param what names such a one: "a Zarr store"
   */
  constructor(
    readonly target: string,
    mayReplace: (folder: string) => boolean,
    what: string,
  ) {
    const { path, before } = folderDestination(target);
    const parent = dirname(path);
    const fault = !existsSync(parent)
      ? `there is no folder ${parent}`
      : before && readdirSync(path).length > 0 && !mayReplace(path)
        ? `it is a folder that is not ${what}`
        : undefined;
    if (fault !== undefined)
      throw new CellkernelError("path", `${target} cannot be written: ${fault}.`, { path: target });
    this.destination = path;
    this.mode = before && before.mode & 0o777;
    removeLeftovers(path, "all");
    this.path = temporaryName(path);
  }

  /** Flushes all files to the disk and gives the folder its final name. */
  commit(): void {
    flushAll(this.path);
    if (this.mode !== undefined) chmodSync(this.path, this.mode);
    if (existsSync(this.destination)) {
      const before = temporaryName(this.destination, "old");
      renameSync(this.destination, before);
      try {
        renameSync(this.path, this.destination);
      } catch (error) {
        renameSync(before, this.destination);
        throw error;
      }
      rmSync(before, { recursive: true, force: true });
    } else renameSync(this.path, this.destination);
    this.release();
    flush(dirname(this.destination));
  }

  /** Makes the empty folder. */
  make(): void {
    mkdirSync(this.path);
    this.release = hold(this.path);
  }

  discard(): void {
    rmSync(this.path, { recursive: true, force: true });
    this.release();
  }

  /** The error to throw when writing failed: says that the target is as it was. */
  failure(error: unknown): Error {
    const state = existsSync(this.destination) ? "What was there is untouched." : "Nothing was left behind.";
    return writeFailure(this.target, error, state);
  }
}

function flushAll(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) flushAll(path);
    else flush(path);
  }
  flush(folder);
}
