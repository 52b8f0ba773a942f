import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CellkernelError } from "./error.js";
import { flush, removeLeftovers, temporaryName } from "./temporary.js";

/**
 * A folder that is filled under a temporary name beside its final one and takes that name only when it is whole: what
 * stood there before stays until then, and then goes as a whole.
 */
export class TemporaryFolder {
  /** The temporary name, in the folder of the final one. */
  readonly path: string;
  private readonly real: string;

  /**
   * @param mayReplace whether a folder that stands there is one that this one may take the place of
   * @param what names such a one: "a Zarr store"
   */
  constructor(
    readonly target: string,
    mayReplace: (folder: string) => boolean,
    what: string,
  ) {
    // A link stays, and what it points to is replaced.
    this.real = existsSync(target) ? realpathSync(target) : resolve(target);
    const parent = dirname(this.real);
    const fault = !existsSync(parent)
      ? `there is no folder ${dirname(target)}`
      : existsSync(target) && !statSync(target).isDirectory()
        ? `it is a file; ${what} is a folder`
        : existsSync(target) && readdirSync(target).length > 0 && !mayReplace(target)
          ? `it is a folder that is not ${what}`
          : undefined;
    if (fault !== undefined)
      throw new CellkernelError("path", `${target} cannot be written: ${fault}.`, { path: target });
    removeLeftovers(this.real);
    this.path = temporaryName(this.real);
  }

  /** Flushes all files to the disk and gives the folder its final name. */
  commit(): void {
    flushAll(this.path);
    if (existsSync(this.real)) {
      const before = temporaryName(this.real, "old");
      renameSync(this.real, before);
      try {
        renameSync(this.path, this.real);
      } catch (error) {
        renameSync(before, this.real);
        throw error;
      }
      rmSync(before, { recursive: true, force: true });
    } else renameSync(this.path, this.real);
    flush(dirname(this.real));
  }

  /** Makes the empty folder. */
  make(): void {
    mkdirSync(this.path);
  }

  discard(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** The error to throw when writing failed: says that the target is as it was. */
  failure(error: unknown): Error {
    const text = error instanceof Error ? error.message : String(error);
    const full = /ENOSPC|No space left|no space left/.test(text)
      ? "there is no space left on the disk"
      : text;
    const state = existsSync(this.real) ? "What was there is untouched." : "Nothing was left behind.";
    return new Error(`${basename(this.target)} could not be written: ${full}. ${state}`, { cause: error });
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
