import { writeSync } from "node:fs";

/** Tells whoever reads Jupyter's log. Past `process.stderr`, which belongs to the cells. */
export function log(text: string): void {
  try {
    writeSync(2, `cellkernel: ${text}\n`);
  } catch {
    // Nobody listens.
  }
}
