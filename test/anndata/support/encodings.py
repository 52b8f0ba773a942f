"""Writes a file with every element type that anndata can write, and prints what it reads: encodings.py FILE."""

import json
import sys
import warnings

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

warnings.filterwarnings("ignore")
anndata.settings.allow_write_nullable_strings = True
path = sys.argv[1]
n, m = 6, 4
base = np.array([[(i * 7 + j * 3) % 5 * (i != 2) for j in range(m)] for i in range(n)])
integers = [f"{sign}int{bits}" for sign in ["", "u"] for bits in [8, 16, 32, 64]]
floats = ["float16", "float32", "float64"]

obs = pd.DataFrame(index=[f"c{i}" for i in range(n)])
for dtype in integers + floats + ["bool"]:
    obs[dtype] = base[:, 1].astype(dtype)
obs["big"] = np.array([2**60 + 1, -(2**60), 2**53, 0, 1, 2])
for dtype in ["Int8", "UInt16", "Int64", "boolean"]:
    obs[f"nullable_{dtype}"] = pd.array([1, 0, None, 1, None, 0], dtype=dtype)
obs["nullable_string"] = pd.array(["a", None, "", "é", "b", "c"], dtype="string")
obs["whole_categories"] = pd.Categorical([3, 1, None, 3, 1, 1])
obs["real_categories"] = pd.Categorical([0.5, 0.25, 0.5, None, 0.5, 0.5], categories=[0.5, 0.25, 1.5], ordered=True)
obs["no_categories"] = pd.Categorical([None] * n, categories=[])
obs["many_categories"] = pd.Categorical([f"k{i * 60}" for i in range(n)], categories=[f"k{i}" for i in range(400)])

a = anndata.AnnData(base.astype("float32"), obs=obs)
for dtype in integers + floats + ["bool"]:
    a.layers[f"dense_{dtype}"] = base.astype(dtype)
    if dtype != "float16":
        a.layers[f"csr_{dtype}"] = sp.csr_matrix(base.astype(dtype))
        a.layers[f"csc_{dtype}"] = sp.csc_matrix(base.astype(dtype))
a.uns["nothing"] = None
a.uns["yes"] = np.True_
a.uns["half"] = np.float32(0.5)
a.uns["texts"] = np.array([["a", "b"], ["c", "é"]], dtype=object)
a.uns["flags"] = np.array([True, False])
a.uns["empty"] = {"deeper": {}}
a.write_h5ad(path)

# What other programs write: 64-bit and unsigned indices, big-endian values, unsigned codes.
with h5py.File(path, "r+") as f:

    def replace(key, values):
        attributes = dict(f[key].attrs)
        del f[key]
        f[key] = values
        f[key].attrs.update(attributes)

    for key in ["indices", "indptr"]:
        replace(f"layers/csr_int32/{key}", f[f"layers/csr_int32/{key}"][:].astype("int64"))
        replace(f"layers/csr_int16/{key}", f[f"layers/csr_int16/{key}"][:].astype("uint32"))
    replace("layers/dense_float64", f["layers/dense_float64"][()].astype(">f8"))
    replace("layers/dense_int64", f["layers/dense_int64"][()].astype(">i8"))
    replace("obs/many_categories/codes", f["obs/many_categories/codes"][:].astype("uint16"))

b = anndata.read_h5ad(path)


def plain(value):
    if value is pd.NA or value is None or (isinstance(value, float) and value != value):
        return None
    value = value.item() if hasattr(value, "item") else value
    return str(value) if isinstance(value, int) and abs(value) >= 2**53 else value


print(
    json.dumps(
        {
            "X": base.tolist(),
            "layers": sorted(b.layers),
            "obs": {c: [plain(v) for v in b.obs[c]] for c in b.obs},
            "categories": {c: [plain(v) for v in b.obs[c].cat.categories] for c in b.obs if hasattr(b.obs[c], "cat")},
        }
    )
)
