"""The three functions for AnnData; prints the agreement of the labels with the run's own report as JSON."""

import json
import sys

import anndata

import cellkernel

source, out = sys.argv[1:]
adata = anndata.read_h5ad(source)
run = cellkernel.finetune(adata, cell_type="bulk_labels", model="small", out=out, hvg=300, epochs=6, lr=1e-3, batch_size=16, do_norm=False)
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
# An option that is on unless it is said; the stale results of another run, which a second labelling replaces.
assert any("do_norm" in line and "false" in line for line in (run / "dev_train_args.yml").read_text().splitlines()), "do_norm"
adata.obsm["cellkernel_scores"] = adata.obsm["cellkernel_scores"] * 0
types = dict(adata.obs.dtypes)
cellkernel.annotate(adata, run)
assert (abs(adata.obsm["cellkernel_scores"].sum(axis=1) - 1) < 1e-4).all()
assert dict(adata.obs.dtypes) == types
added = sorted(set(adata.obs.columns) - columns)
agree = float((adata.obs["predicted_label"].astype(str) == adata.obs["bulk_labels"].astype(str)).mean())
print(json.dumps({"added": added, "agree": agree, "embeddings": list(adata.obsm["X_scGPT"].shape), "failed": failed, "unknown": unknown}))
