import { readFileSync, type Stats, statSync } from "node:fs";
import { CellkernelError } from "./error.js";

/**
 * What stands at a path, if it is a plain file. A pipe or a device would be waited for, or never end.
 * @throws where there is nothing, or something else
 */
export function plainFile(path: string): Stats {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new CellkernelError("path", `there is no file ${path}`, { path });
  if (!found.isFile())
    throw new CellkernelError(
      "path",
      `${path} is not a file${found.isDirectory() ? " but a folder" : "; write what comes through a pipe to one first"}`,
      { path },
    );
  return found;
}

/**
 * The text of a file that is read whole.
 * @param most bytes that a file of its kind may have
 */
export function readText(path: string, most: number): string {
  const { size } = plainFile(path);
  if (size > most)
    throw new CellkernelError(
      "format",
      `${path} has ${size} bytes, where at most ${most} are expected; is it the right file?`,
      { path },
    );
  return readFileSync(path, "utf8");
}
