"""CellTypist on splits of a file's cells: celltypist_labels.py TASK.json.

The task names the file, the matrix ("raw": logged values, "X": counts, which are normalised to 10,000 and logged), the label of each
cell, and for each split the cells to learn from. Prints for each split the classes and the probability of each class for every cell.
"""

import json
import sys
import time

import anndata
import celltypist
import numpy as np
import scanpy as sc

task = json.load(open(sys.argv[1]))
adata = anndata.read_h5ad(task["path"])
if task["matrix"] == "raw":
    adata = anndata.AnnData(adata.raw.X, obs=adata.obs[[]], var=adata.raw.var[[]])
else:
    adata = anndata.AnnData(adata.X, obs=adata.obs[[]], var=adata.var[[]])
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
adata.var_names_make_unique()
labels = np.array(task["labels"])
splits = []
start = time.perf_counter()
for train in task["train"]:
    # The demo's file holds some of the genes that its cells were normalised over: their sums are no 10,000.
    model = celltypist.train(
        adata[train], labels=labels[train], check_expression=False, n_jobs=2, max_iter=1000, random_state=0
    )
    # As celltypist.annotate does, whose check wants sums of 10,000.
    values = adata[:, model.classifier.features].X
    values = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    scaled = np.clip((values - model.scaler.mean_) / model.scaler.scale_, None, 10)
    _, probabilities, _ = model.predict_labels_and_prob(scaled)
    splits.append(
        {"classes": [str(c) for c in model.cell_types], "probabilities": probabilities.round(7).ravel().tolist()}
    )
print(json.dumps({"splits": splits, "seconds": time.perf_counter() - start}))
