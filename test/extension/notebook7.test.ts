import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { until } from "../support/processes.js";
import { writeSmallCells } from "../support/smallReport.js";
import {
  activate,
  cellsOf,
  changeTheme,
  code,
  command,
  isIdle,
  Laboratory,
  photograph,
  pixels,
  skip,
  WITH_WEBGL,
} from "./page.js";

/** Notebook 7, which has JupyterLab's cells in a page of its own: the views are drawn, linked and follow its theme there, too. */

const REPORT = new URL("../support/smallReport.js", import.meta.url).href;
const lab = new Laboratory();
let page: Page;

before(async () => {
  if (skip) return;
  const cells = join(lab.folder, "cells.h5ad");
  await writeSmallCells(cells);
  const cells7 = [
    code(
      "map",
      `const { smallReport } = await import(${JSON.stringify(REPORT)} as string);\n` +
        `const report = await smallReport(${JSON.stringify(cells)});\n` +
        'const map = report.explore({ colorBy: ["truth", "prediction"] });\nmap',
    ),
    code("report", "report"),
    code("selected", 'console.log([...map.selection.rows].join(" "));'),
  ];
  await lab.start({ "small.ipynb": cells7 }, undefined, "notebook");
  page = await lab.open("small.ipynb", WITH_WEBGL);
  page.setDefaultTimeout(30_000);
});

after(() => lab.end());

const cell = (at: number) => page.locator(".jp-CodeCell").nth(at);
const view = () => cell(0).locator(".cellkernel-embedding");
const evaluation = () => cell(1).locator(".cellkernel-evaluation");

test("a notebook runs with our kernel, and its views are live", { skip, timeout: 150_000 }, async () => {
  await until("the kernel to be idle", () => isIdle(page), 60);
  await command(page, "notebook:run-all-cells");
  await view().locator("canvas").first().waitFor({ timeout: 60_000 });
  await evaluation().waitFor();
  const outputs = (await cellsOf(page)).flatMap((one) => one.outputs ?? []);
  assert.deepEqual(
    outputs.filter((output) => output.output_type === "error"),
    [],
  );
});

test("an entry of the matrix selects its cells in the embedding and in code", {
  skip,
  timeout: 60_000,
}, async () => {
  await evaluation().getByRole("gridcell", { name: "true NK, taken for B cell: 1 cells" }).click();
  await view().getByText("1 cell selected · true NK, taken for B cell").first().waitFor();
  await activate(page, 2);
  await command(page, "notebook:run-cell");
  await cell(2).getByText("2", { exact: true }).first().waitFor();
  await photograph(page, "notebook7");
});

test("the views follow its theme, and the page reports no errors", { skip, timeout: 60_000 }, async () => {
  await changeTheme(page, "JupyterLab Dark");
  await view().locator("canvas").first().waitFor();
  const [red, green, blue] = (await pixels(view()))(0.5, 0.99);
  assert.ok(Math.max(red, green, blue) < 100, `${red}, ${green}, ${blue} is no dark ground`);
  // Notebook 7.6 reports this of its shortcuts by itself, without any extension.
  const own = /reading 'schema'.*notebook_core/s;
  assert.deepEqual(
    lab.problems.filter((problem) => !own.test(problem)),
    [],
  );
});
