import assert from "node:assert/strict";
import { test } from "node:test";

import { table } from "arquero";

import { readH5ad } from "../../src/anndata/readH5ad.js";
import { cellsOf } from "./support/cells.js";

function bundle(cells: object): Record<string, string> {
  return (cells as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.mime")]();
}

test("data shows itself as in anndata, with what its matrices hold", async () => {
  const cells = await readH5ad("notebooks/data/pbmc68k_reduced.h5ad");
  // As anndata prints it, but for obsp, to which anndata 0.12 moves the matrices of uns["neighbors"].
  assert.equal(
    bundle(cells)["text/plain"],
    `AnnData object with n_obs × n_vars = 700 × 765
    obs: 'bulk_labels', 'n_genes', 'percent_mito', 'n_counts', 'S_score', 'G2M_score', 'phase', 'louvain'
    var: 'n_counts', 'means', 'dispersions', 'dispersions_norm', 'highly_variable'
    uns: 'bulk_labels_colors', 'louvain', 'louvain_colors', 'neighbors', 'pca', 'rank_genes_groups'
    obsm: 'X_pca', 'X_umap'
    varm: 'PCs'
    X: scaled values (some are negative), dense float32, −2.032 to 28.41, 0.0 % zeros, seen in a sample
    raw.X: log-normalised values, csr float32, 0 to 6.489, 67.5 % zeros, seen in a sample`,
  );
  assert.match(bundle(cells)["text/html"], /<th scope="row"[^>]*>obsm<\/th><td[^>]*><code>X_pca<\/code>/);
  cells.close();
});

test("repeated names, an empty matrix and markup in names are shown for what they are", () => {
  const cells = cellsOf([[1], [2], [3]], {
    obsNames: ["a", "b", "a"],
    obs: table({ "<b>type</b>": ["x", "y", "z"] }),
  });
  const { "text/plain": text, "text/html": html } = bundle(cells);
  assert.match(text, /Cell names are not unique: 1 repeat, for instance a\./);
  assert.ok(html.includes("&lt;b&gt;type&lt;/b&gt;") && !html.includes("<b>"));
  assert.match(bundle(cellsOf([]))["text/plain"], /The matrix is empty\./);
});
