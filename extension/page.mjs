// `npm run build:page`, after TypeScript: the views as one script and one style sheet, for pages that stand alone.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { rspack } from "@rspack/core";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const compiler = rspack({
  mode: "production",
  target: ["web", "es2022"],
  devtool: false,
  entry: here("lib/extension/src/standAlone/main.js"),
  output: { path: here("page"), filename: "script.js", clean: true },
});
const result = await promisify(compiler.run.bind(compiler))();
await promisify(compiler.close.bind(compiler))();
if (result.hasErrors()) throw new Error(result.toString("errors-only"));

const sheets = [...readFileSync(here("style/index.css"), "utf8").matchAll(/url\("(.+?)"\)/g)].map(
  ([, name]) => name,
);
const style = [...sheets, "standAlone.css"].map((name) => readFileSync(here(`style/${name}`), "utf8"));
mkdirSync(here("page"), { recursive: true });
writeFileSync(here("page/style.css"), style.join("\n"));
