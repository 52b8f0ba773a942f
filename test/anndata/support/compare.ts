import { python } from "../../support/python.js";

/** The keys that differ between two files as anndata reads them; empty when all are equal. */
export function differences(first: string, second: string, leaveOut: readonly string[] = []): string[] {
  const printed = python("test/anndata/support/compare.py", first, second, ...leaveOut);
  return printed.split("\n").filter((line) => line !== "");
}
