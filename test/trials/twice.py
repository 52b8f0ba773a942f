"""A file whose categorical column has a category twice."""
import sys
import anndata as ad, h5py, numpy as np, pandas as pd
a = ad.AnnData(np.ones((3, 2), "f4"))
a.obs["celltype"] = pd.Categorical(["B cell", "T cell", "NK"])
a.write_h5ad(sys.argv[1])
with h5py.File(sys.argv[1], "a") as f:
    f["obs/celltype/categories"][:] = ["T cell", "NK", "T cell"]
