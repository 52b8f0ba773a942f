"""Compares pairs of .h5ad files and .zarr stores as anndata reads them.

Takes a JSON list of pairs of paths and prints a JSON list of lists of differences, one text each
("obs/cell_type: values"); a list is empty when every key is equal.
"""

import json
import sys
import warnings

import anndata
import numpy as np
import pandas as pd
import scipy.sparse as sp

warnings.filterwarnings("ignore")


def differ(path, a, b):
    if isinstance(a, pd.DataFrame):
        if list(a.index) != list(b.index):
            FOUND.append(f"{path}: index")
        compare_members(path, {c: a[c] for c in a}, {c: b[c] for c in b})
        if [c for c in a if c in b] != [c for c in b if c in a]:
            FOUND.append(f"{path}: order of columns")
    elif isinstance(a, pd.Series):
        if a.dtype != b.dtype:
            FOUND.append(f"{path}: dtype {a.dtype} and {b.dtype}")
        elif not a.equals(b.set_axis(a.index)):
            FOUND.append(f"{path}: values")
    elif sp.issparse(a) or sp.issparse(b):
        same = sp.issparse(a) and sp.issparse(b) and a.shape == b.shape and a.dtype == b.dtype
        if not same or (a.tocsr() != b.tocsr()).nnz:
            FOUND.append(f"{path}: sparse values, {a.shape} {a.dtype} and {b.shape} {b.dtype}")
    elif hasattr(a, "keys"):
        compare_members(path, a, b)
    else:
        a, b = np.asarray(a), np.asarray(b)
        if a.dtype.names != b.dtype.names or a.shape != b.shape:
            FOUND.append(f"{path}: {a.dtype} {a.shape} and {b.dtype} {b.shape}")
        elif a.dtype.names:
            for name in a.dtype.names:
                differ(f"{path}/{name}", a[name], b[name])
        elif a.dtype.kind != b.dtype.kind and {a.dtype.kind, b.dtype.kind} != {"U", "O"}:
            FOUND.append(f"{path}: {a.dtype} and {b.dtype}")
        elif not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            FOUND.append(f"{path}: values")


def compare_members(path, a, b):
    for key in sorted({*a.keys(), *b.keys()}):
        place = f"{path}/{key}".lstrip("/")
        if key not in a or key not in b:
            FOUND.append(f"{place}: only in the {'second' if key not in a else 'first'}")
        else:
            differ(place, a[key], b[key])


def parts(adata):
    keys = ["obs", "var", "layers", "obsm", "varm", "obsp", "varp", "uns"]
    out = {key: getattr(adata, key) for key in keys}
    if adata.X is not None:
        out["X"] = adata.X
    if adata.raw is not None:
        out["raw"] = {"X": adata.raw.X, "var": adata.raw.var, "varm": adata.raw.varm}
    return out


def read(path):
    return anndata.read_zarr(path) if path.endswith(".zarr") else anndata.read_h5ad(path)


def compare(first, second):
    FOUND.clear()
    compare_members("", parts(read(first)), parts(read(second)))
    return list(FOUND)


FOUND = []
print(json.dumps([compare(*pair) for pair in json.loads(sys.argv[1])]))
