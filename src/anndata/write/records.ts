import { CellkernelError } from "../../support/error.js";
import type { Records } from "../element.js";
import type { Output } from "../storage.js";

/** Writes a structured array as a `rec-array` 0.2.0. */
export function writeRecords(out: Output, path: string, { fields, shape }: Records): void {
  for (const [name, { inner, dtype }] of fields) {
    if (inner.length > 0 || dtype === "compound" || dtype === "reference" || dtype === "bool") {
      throw new CellkernelError(
        "format",
        `${path}: the field ${name} is of a kind (${dtype}) that cannot be written to an .h5ad file.`,
        { member: path },
      );
    }
  }
  out.records(path, fields, shape);
  out.encoding(path, "rec-array", "0.2.0");
}
