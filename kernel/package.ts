import { fileURLToPath } from "node:url";

/** Root of this package, where the library and the dependencies that come with it lie. */
export const PACKAGE_ROOT = fileURLToPath(new URL("../../", import.meta.url)).replace(/[\\/]$/, "");
