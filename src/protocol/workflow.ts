import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CellkernelError } from "../support/error.js";

/** The workflow as it comes with the package. */
const SOURCE = fileURLToPath(new URL("../../../workflow/", import.meta.url));
/** What the user fills in, beside the rest. */
const CONFIG = "config.yaml";
const WORKFLOW = "workflow";

/**
 * Writes the Snakemake workflow into a folder, which is made where it is not there.
 * @returns what was written: the names in the folder
 * @throws where there is one already: it may have been changed
 */
export function copyWorkflow(folder: string): string[] {
  for (const name of [CONFIG, WORKFLOW])
    if (existsSync(join(folder, name)))
      throw new CellkernelError("path", `${join(folder, name)} is there already: choose another folder`, {
        path: folder,
      });
  mkdirSync(folder, { recursive: true });
  cpSync(SOURCE, join(folder, WORKFLOW), {
    recursive: true,
    filter: (path) => path !== join(SOURCE, CONFIG),
  });
  cpSync(join(SOURCE, CONFIG), join(folder, CONFIG));
  return [CONFIG, WORKFLOW];
}
