import { accessSync, constants, existsSync, readlinkSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CellkernelError } from "./error.js";

/** As many links in a row as Linux follows. */
const MOST_LINKS = 40;

/**
 * What a path to write to stands for: itself, or the end of the links that it is, which then stay. The end need not
 * exist.
 */
export function destinationOf(target: string): string {
  let path = resolve(target);
  for (let links = 0; links < MOST_LINKS; links++) {
    const link = linkOf(path);
    if (link === undefined) return path;
    path = resolve(dirname(path), link);
  }
  throw new CellkernelError("path", `${target} cannot be written: it is a link that leads nowhere`, {
    path: target,
  });
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Where a file is to be written.
 * @returns its path behind all links, and what stands there, if anything
 * @throws where that is a folder, a device, a pipe or a socket: taking its place would break what others use
 */
export function fileDestination(target: string): { path: string; before: Stats | undefined } {
  // First, since what links under /dev lead to has no path of its own.
  const before = standingAt(target);
  if (before && !before.isFile())
    throw new CellkernelError("path", `${target} cannot be written: it is ${kindOf(before)}.`, {
      path: target,
    });
  return { path: destinationOf(target), before };
}

/**
 * Where a folder is to be written.
 * @returns its path behind all links, and what stands there, if anything
 * @throws where that is no folder
 */
export function folderDestination(target: string): { path: string; before: Stats | undefined } {
  const before = standingAt(target);
  if (before && !before.isDirectory())
    throw new CellkernelError("path", `${target} cannot be written: it is ${kindOf(before)}, not a folder.`, {
      path: target,
    });
  return { path: destinationOf(target), before };
}

/**
 * Fails where a folder could not be written, before hours are spent on what it is to hold.
 * @throws where something else stands there, or nothing may be made there
 */
export function checkWritableFolder(target: string): void {
  const { path } = folderDestination(target);
  let there = path;
  while (!existsSync(there)) there = dirname(there);
  try {
    if (!statSync(there).isDirectory()) throw new Error(`${there} is no folder`);
    accessSync(there, constants.W_OK);
  } catch (error) {
    throw new CellkernelError("path", `${target} cannot be written: ${(error as Error).message}`, {
      path: target,
    });
  }
}

/** What a path leads to; undefined where it leads to nothing yet. */
function standingAt(target: string): Stats | undefined {
  try {
    return statSync(target);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new CellkernelError("path", `${target} cannot be written: ${message}`, { path: target });
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFile()) return "a file";
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}
