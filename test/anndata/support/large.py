"""Writes a real matrix of nearly a million entries in several forms, and prints sums of its rows: large.py FILE FOLDER."""

import json
import sys
import warnings

import anndata
import h5py
import numpy as np

warnings.filterwarnings("ignore")
path, folder = sys.argv[1:]
X = anndata.read_h5ad(path).X.tocsr()
# Genes and cells without a count stand between the others.
X.data[np.isin(X.indices, np.arange(0, X.shape[1], 7))] = 0
for row in [0, 211, 212, X.shape[0] - 1]:
    X.data[X.indptr[row] : X.indptr[row + 1]] = 0
X.eliminate_zeros()
anndata.AnnData(X.tocsc()).write_h5ad(f"{folder}/csc.h5ad")
anndata.AnnData(X.tocsc()).write_h5ad(f"{folder}/csc-gzip.h5ad", compression="gzip")
anndata.AnnData(X.toarray()).write_h5ad(f"{folder}/dense.h5ad")
anndata.AnnData(X.toarray()).write_h5ad(f"{folder}/dense-gzip.h5ad", compression="gzip")
anndata.AnnData(X).write_h5ad(f"{folder}/csr.h5ad")
# One chunk larger than what is read at a time, and one of an odd size.
anndata.AnnData(X).write_h5ad(f"{folder}/csr-chunks.h5ad")
with h5py.File(f"{folder}/csr-chunks.h5ad", "r+") as f:
    for key, chunk in [("data", 700_001), ("indices", 99_991)]:
        values = f[f"X/{key}"][:]
        del f[f"X/{key}"]
        f["X"].create_dataset(key, data=values, chunks=(chunk,), compression="gzip")
weights = np.arange(1, X.shape[1] + 1)
print(json.dumps({"sums": X.sum(1).A1.tolist(), "weighted": (X.astype("float64") @ weights).tolist()}))
