import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { until } from "../support/processes.js";
import { activate, cellsOf, changeTheme, command, isIdle, Laboratory, photograph, skip } from "./page.js";

/** From the launcher's tile to a notebook that runs. */

const lab = new Laboratory();
let page: Page;

before(async () => {
  if (skip) return;
  mkdirSync(join(lab.folder, "data"));
  cpSync("notebooks/data/pbmc68k_reduced.h5ad", join(lab.folder, "data/pbmc68k_reduced.h5ad"));
  // A notebook of that name is there already.
  writeFileSync(join(lab.folder, "pbmc68k_reduced.ipynb"), "kept");
  await lab.start({});
  page = await lab.open("", [], async (fresh) => {
    await fresh.setViewportSize({ width: 1440, height: 900 });
  });
  // Of the pictures, whatever another test has left.
  await changeTheme(page, "JupyterLab Light");
});

after(() => lab.end());

const dialog = () => page.locator(".cellkernel-dialog");
const field = (name: string) => dialog().locator(`input.cellkernel-dialog-${name}`);
const create = () => dialog().getByRole("button", { name: "Create" });

async function said(note: Locator, text: RegExp): Promise<void> {
  await until(`"${text}"`, async () => text.test((await note.textContent()) ?? ""), 60);
}

test("the tile asks for a file and a column, and knows both", { skip, timeout: 180_000 }, async () => {
  const tile = page.locator(".jp-LauncherCard", { hasText: "Protocol Notebook" });
  await tile.waitFor({ timeout: 60_000 });
  // The tile beside the dialog, not below it.
  await command(page, "application:toggle-left-area");
  await tile.click();
  const [ofFile, ofColumn] = await dialog().locator(".cellkernel-dialog-note").all();
  // The only file, and the likeliest of its columns, with what anndata finds there.
  await said(ofColumn, /^10 types: CD14\+ Monocyte, CD19\+ B, /);
  assert.equal(await field("file").inputValue(), "data/pbmc68k_reduced.h5ad");
  assert.equal(await field("column").inputValue(), "bulk_labels");
  assert.equal(await dialog().locator("#cellkernel-files option").count(), 1);
  const offered = await dialog()
    .locator("#cellkernel-columns option")
    .evaluateAll((options) => options.map((each) => (each as unknown as { value: string }).value));
  assert.deepEqual([...offered].sort(), ["bulk_labels", "louvain", "phase"]);
  await photograph(page, "launcher");

  await field("column").fill("no such");
  await said(ofColumn, /^Columns that could be it: .*louvain/);
  await field("file").fill("data/nothing.h5ad");
  await said(ofFile, /There is no \.h5ad file/);
  await until("the button to be off", () => create().isDisabled(), 10);
  await field("file").fill("data/pbmc68k_reduced.h5ad");
  await field("column").fill("bulk_labels");
  await said(ofColumn, /^10 types/);
  await said(ofFile, /^700 cells, 765 genes/);
});

test("it writes a notebook beside those that are there, whose cells run", {
  skip,
  timeout: 180_000,
}, async () => {
  await create().click();
  await page.locator(".jp-Notebook .jp-CodeCell").first().waitFor({ timeout: 60_000 });
  await until("the kernel to start", () => isIdle(page), 60);
  assert.equal(readFileSync(join(lab.folder, "pbmc68k_reduced.ipynb"), "utf8"), "kept");
  const written = JSON.parse(readFileSync(join(lab.folder, "pbmc68k_reduced-1.ipynb"), "utf8"));
  assert.equal(written.metadata.kernelspec.name, "cellkernel");
  const code = (await cellsOf(page)).filter(({ cell_type }) => cell_type === "code");
  assert.match(code[0].source, /readH5ad\("data\/pbmc68k_reduced\.h5ad"\)/);
  // Cells, labels, model, preparation, plot: all above the training.
  const training = (await cellsOf(page)).findIndex(({ source }) => source.includes("finetune(ready"));
  await activate(page, training);
  await command(page, "notebook:run-all-above");
  const above = async () =>
    (await cellsOf(page)).slice(0, training).filter(({ cell_type }) => cell_type === "code");
  await until("the cells to run", async () => (await above()).every(({ outputs }) => outputs?.length), 120);
  const run = await above();
  const outputs = run.map(({ outputs = [] }) => outputs);
  assert.deepEqual(
    outputs.flat().filter(({ output_type }) => output_type === "error"),
    [],
  );
  assert.match(String(outputs[0][0].data?.["text/plain"]), /700/);
  assert.ok(outputs[4][0].data?.["image/png"], "a plot");
});

test("steps are inserted for the notebook's file, from the menus", { skip, timeout: 60_000 }, async () => {
  const bar = (name: string) => page.getByRole("menuitem", { name, exact: true });
  // What opens a submenu has no role.
  const item = (name: string) => page.locator(".lm-Menu-itemLabel").getByText(name, { exact: true });
  await bar("Cellkernel").click();
  await item("Insert Step").hover();
  await item("Why these labels?").click();
  const { source } = (await cellsOf(page)).find(({ source }) => source.includes("explain(run"))!;
  assert.match(source, /explain\(run, "data\/pbmc68k_reduced\.h5ad"\)/);
  await bar("File").click();
  await item("New").hover();
  await item("Protocol Notebook").click();
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await dialog().waitFor({ state: "detached" });
  assert.deepEqual(lab.problems, []);
});
