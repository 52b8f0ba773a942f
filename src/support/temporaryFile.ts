import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { flush, removeLeftovers, temporaryName } from "./temporary.js";

/**
 * A file that is written under a temporary name beside its final one and takes that name only when
 * it is whole: whatever stood there before stays until then.
 */
export class TemporaryFile {
  /** The temporary name, in the folder of the final one. */
  readonly path: string;

  constructor(readonly target: string) {
    const folder = dirname(target);
    if (!existsSync(folder) || !statSync(folder).isDirectory()) {
      throw new Error(`${target} cannot be written: there is no folder ${folder}.`);
    }
    if (existsSync(target) && statSync(target).isDirectory()) {
      throw new Error(`${target} cannot be written: it is a folder.`);
    }
    removeLeftovers(target);
    this.path = temporaryName(target);
  }

  /** Flushes the file to the disk and gives it its final name. */
  commit(): void {
    flush(this.path);
    renameSync(this.path, this.target);
    flush(dirname(this.target));
  }

  discard(): void {
    rmSync(this.path, { force: true });
  }

  /** The error to throw when writing failed: says that the target is as it was. */
  failure(error: unknown): Error {
    const text = error instanceof Error ? error.message : String(error);
    const full = /ENOSPC|No space left|no space left/.test(text)
      ? "there is no space left on the disk"
      : text;
    const state = existsSync(this.target)
      ? "The file that was there is untouched."
      : "No file was left behind.";
    return new Error(`${this.target} could not be written: ${full}. ${state}`, { cause: error });
  }
}
