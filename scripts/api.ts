// `npm run api`: the reference of the library, from the doc comments of what it exports, into `docs/api/`.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiPages } from "./api/pages.js";
import { openLibrary } from "./api/program.js";

const root = process.cwd();
const pages = await apiPages(root, openLibrary(root));
const folder = join(root, "docs/api");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const [name, text] of pages) writeFileSync(join(folder, name), text);
