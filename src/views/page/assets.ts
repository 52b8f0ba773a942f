import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CellkernelError } from "../../support/error.js";

/** Where the extension's build leaves the views as one script and one style sheet. */
const FOLDER = fileURLToPath(new URL("../../../../extension/page/", import.meta.url));

/** A file that pages with live views hold. */
export function pageAsset(name: "script.js" | "style.css"): string {
  try {
    return readFileSync(`${FOLDER}${name}`, "utf8");
  } catch (error) {
    throw new CellkernelError(
      "path",
      `${FOLDER}${name} is missing, which pages with live views are made of: reinstall Cellkernel, or in a clone of its repository run "npm run setup".`,
      { path: `${FOLDER}${name}` },
      { cause: error },
    );
  }
}
