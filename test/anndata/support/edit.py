"""What anndata makes of the edits that the tests make: edit.py FIXTURES FOLDER FORMAT... ."""

import sys

import anndata

fixtures, folder, *formats = sys.argv[1:]
for name in formats:
    a = anndata.read_h5ad(f"{fixtures}/{name}.h5ad")
    kept = a[(a.obs["stage"] == "lo") & (a.obs["n"] > 20), ["ENSG00000000003", "ENSG00000000017", "ENSG00000000030"]]
    kept.copy().write_h5ad(f"{folder}/{name}-subset.h5ad")
    one, two = a[:25, :30].copy(), a[20:, 10:].copy()
    for join in ["inner", "outer"]:
        both = anndata.concat(
            [one, two], join=join, label="batch", keys=["one", "two"], index_unique="-", fill_value=0
        )
        both.write_h5ad(f"{folder}/{name}-{join}.h5ad")
