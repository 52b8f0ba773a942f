import { renameSync, rmSync, writeFileSync } from "node:fs";

/** Writes a file so that its name only ever stands for a whole one; what stood there stays when that fails. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, text, { flush: true });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
