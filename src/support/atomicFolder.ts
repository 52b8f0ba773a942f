import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { folderDestination } from "./destination.js";
import { flush, hold, moveOver, removeLeftovers, temporaryName } from "./temporary.js";

/**
 * Makes a folder so that its name only ever stands for a whole one: it is filled under a temporary name beside it,
 * and then takes the place of the one before, if any, at once. What the one before held under other names than
 * the new one's own is somebody else's, and is moved over. Links are written through, as `TemporaryFile` does.
 *
 * @param fill writes into the folder that it is given
 * @param own the names that belong to the one before: they go with it
 */
export function writeFolderAtomically(
  path: string,
  fill: (folder: string) => void,
  own: readonly string[] = [],
): void {
  const { path: folder, before } = folderDestination(path);
  mkdirSync(dirname(folder), { recursive: true });
  removeLeftovers(folder, own);
  const partial = temporaryName(folder);
  mkdirSync(partial);
  const release = hold(partial);
  try {
    fill(partial);
    flush(partial);
    if (before) chmodSync(partial, before.mode & 0o777);
    if (existsSync(folder)) replace(folder, partial, own);
    else renameSync(partial, folder);
    flush(dirname(folder));
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  } finally {
    release();
  }
}

/**
 * The new folder is in place before the strangers' files follow, so that a process that is killed in between leaves them in
 * the one that was moved away, from where the next one fetches them.
 */
function replace(folder: string, partial: string, own: readonly string[]): void {
  const before = temporaryName(folder, "old");
  renameSync(folder, before);
  try {
    renameSync(partial, folder);
  } catch (error) {
    renameSync(before, folder);
    throw error;
  }
  moveOver(before, folder, own);
  rmSync(before, { recursive: true, force: true });
}
