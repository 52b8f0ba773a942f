import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileDestination } from "./destination.js";
import { CellkernelError } from "./error.js";
import { flush, hold, removeLeftovers, temporaryName } from "./temporary.js";
import { writeFailure } from "./writeFailure.js";

/** Bits of a mode that say who may do what. */
const PERMISSIONS = 0o777;

/**
 * Fails where a file could not be written, before hours are spent on what it is to hold.
 * @throws where there is no folder for it, or something stands there that is no file
 */
export function checkWritable(target: string): void {
  const { path } = fileDestination(target);
  const folder = dirname(path);
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new CellkernelError("path", `${target} cannot be written: there is no folder ${folder}.`, {
      path: target,
    });
}

/**
 * A file that is written under a temporary name beside its final one and takes that name only when it is whole: whatever
 * stood there before stays until then. Links are written through; what is no file is refused. A new file gets the
 * permissions that the umask leaves, one that takes another's place gets that one's.
 */
export class TemporaryFile {
  /** The temporary name, in the folder of the final one: an empty file, to be written. */
  readonly path: string;
  private readonly destination: string;
  private readonly mode: number;
  private readonly release: () => void;

  /** @throws where {@link checkWritable} does, or the folder can't be written to */
  constructor(readonly target: string) {
    checkWritable(target);
    const { path, before } = fileDestination(target);
    this.destination = path;
    removeLeftovers(path);
    this.path = temporaryName(path);
    try {
      closeSync(openSync(this.path, "wx"));
    } catch (error) {
      throw this.failure(error);
    }
    this.mode = (before ?? statSync(this.path)).mode & PERMISSIONS;
    this.release = hold(this.path);
  }

  /** Lets it be written, whatever permissions came along with what was copied into it. */
  open(): void {
    chmodSync(this.path, this.mode | 0o600);
  }

  /** Flushes the file to the disk and gives it its final name. */
  commit(): void {
    flush(this.path);
    chmodSync(this.path, this.mode);
    renameSync(this.path, this.destination);
    this.release();
    flush(dirname(this.destination));
  }

  discard(): void {
    rmSync(this.path, { force: true });
    this.release();
  }

  /** The error to throw when writing failed: says that the target is as it was. */
  failure(error: unknown): Error {
    const state = existsSync(this.destination)
      ? "The file that was there is untouched."
      : "No file was left behind.";
    return writeFailure(this.target, error, state);
  }
}
