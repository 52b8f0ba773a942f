// Reads copies of a file that each have one bit flipped, and prints what came of each as a line of JSON:
// flips.js FILE FOLDER FLIPS. A process of its own, so that a crash or a hang would be seen.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { ColumnTable } from "arquero";

import type { AnnData } from "../../../src/anndata/anndata.js";
import type { Element } from "../../../src/anndata/element.js";
import { isMatrix, isTable } from "../../../src/anndata/element.js";
import type { RowMatrix } from "../../../src/anndata/matrix.js";
import { readH5ad } from "../../../src/anndata/readH5ad.js";
import { Random } from "../../../src/support/random.js";

/** Everything that can be read of a file, as text by key. */
async function contents(path: string): Promise<Map<string, string>> {
  const cells = await readH5ad(path);
  try {
    return everything(cells);
  } finally {
    cells.close();
  }
}

function everything(cells: AnnData): Map<string, string> {
  const { obs, obsNames, varNames, X, raw, layers } = cells;
  const found = new Map<string, string>([
    ["obs_names", obsNames.join()],
    ["var_names", [...varNames, ...(raw?.varNames ?? [])].join()],
    ["X", matrixText(X)],
    ["raw", matrixText(raw?.X)],
  ]);
  for (const [name, layer] of layers) found.set(`layers/${name}`, matrixText(layer));
  for (const name of obs.columnNames()) found.set(`obs/${name}`, columnText(obs, name));
  for (const group of ["obsm", "obsp", "uns"] as const) {
    for (const key of cells[group].keys()) found.set(`${group}/${key}`, elementText(cells[group].get(key)));
  }
  return found;
}

function columnText(table: ColumnTable, name: string): string {
  return [...(table.column(name) as Iterable<unknown>)].join();
}

function tableText(table: ColumnTable): string {
  return table
    .columnNames()
    .map((name) => columnText(table, name))
    .join("|");
}

function matrixText(matrix: RowMatrix | undefined): string {
  if (!matrix) return "none";
  return [...matrix.blocks()].map(({ indptr, indices, data }) => `${indptr}|${indices}|${data}`).join();
}

function elementText(element: Element | undefined): string {
  if (typeof element === "object" && element !== null) {
    if (isMatrix(element)) return matrixText(element);
    if (isTable(element)) return `${element.index}|${tableText(element.table)}`;
  }
  return JSON.stringify(element, (_, value) => (typeof value === "bigint" ? String(value) : value)) ?? "none";
}

const [file, folder, flips] = process.argv.slice(2);
const bytes = readFileSync(file);
const truth = await contents(file);
for (let seed = 0; seed < Number(flips); seed++) {
  const random = new Random(seed);
  const copy = Buffer.from(bytes);
  const at = random.below(bytes.length);
  copy[at] ^= 1 << random.below(8);
  const path = join(folder, "flipped.h5ad");
  writeFileSync(path, copy);
  let outcome: { error: string } | { differ: string[] };
  try {
    const found = await contents(path);
    outcome = { differ: [...truth.keys()].filter((key) => found.get(key) !== truth.get(key)) };
  } catch (error) {
    outcome = { error: (error as Error).message };
  }
  console.log(JSON.stringify({ at, ...outcome }));
}
