"""What anndata makes of the edits that the tests make: edit.py FILE FOLDER."""

import sys

import anndata

path, folder = sys.argv[1:]
a = anndata.read_h5ad(path)
kept = a[(a.obs["stage"] == "lo") & (a.obs["n"] > 20), ["ENSG00000000003", "ENSG00000000017", "ENSG00000000030"]]
kept.copy().write_h5ad(f"{folder}/subset.h5ad")
one, two = a[:25, :30].copy(), a[20:, 10:].copy()
for join in ["inner", "outer"]:
    both = anndata.concat([one, two], join=join, label="batch", keys=["one", "two"], index_unique="-")
    both.write_h5ad(f"{folder}/{join}.h5ad")
