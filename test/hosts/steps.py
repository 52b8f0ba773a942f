"""The three functions for AnnData; prints the agreement of the labels with the run's own report as JSON."""

import json
import sys

import anndata

import cellkernel

source, out = sys.argv[1:]
adata = anndata.read_h5ad(source)
run = cellkernel.finetune(adata, cell_type="bulk_labels", model="small", out=out, hvg=300, epochs=6, lr=1e-3, batch_size=16)
columns = set(adata.obs.columns)
assert cellkernel.annotate(adata, run) is adata
assert cellkernel.embed(adata, run) is adata
try:
    cellkernel.finetune(adata, cell_type="no such", model="small", out=out)
    failed = None
except cellkernel.CommandError as error:
    failed = str(error)
try:
    cellkernel.finetune(adata, cell_type="bulk_labels", model="small", out=out, epoch=3)
    unknown = None
except TypeError as error:
    unknown = str(error)
added = sorted(set(adata.obs.columns) - columns)
agree = float((adata.obs["predicted_label"].astype(str) == adata.obs["bulk_labels"].astype(str)).mean())
print(json.dumps({"added": added, "agree": agree, "embeddings": list(adata.obsm["X_scGPT"].shape), "failed": failed, "unknown": unknown}))
