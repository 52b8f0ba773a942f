"""Compares two .h5ad files as anndata reads them: compare.py A B [key to leave out]...

Prints one line for each difference; nothing when every key is equal. A key is a path such as
"obs/cell_type" or "uns/log1p".
"""

import sys
import warnings

import anndata
import numpy as np
import pandas as pd
import scipy.sparse as sp

warnings.filterwarnings("ignore")


def differ(path, a, b):
    if path in LEFT_OUT:
        return
    if isinstance(a, pd.DataFrame):
        if list(a.index) != list(b.index):
            print(f"{path}: index")
        compare_members(path, {c: a[c] for c in a}, {c: b[c] for c in b})
        if [c for c in a if f"{path}/{c}" not in LEFT_OUT] != [c for c in b if f"{path}/{c}" not in LEFT_OUT]:
            print(f"{path}: order of columns")
    elif isinstance(a, pd.Series):
        if a.dtype != b.dtype:
            print(f"{path}: dtype {a.dtype} and {b.dtype}")
        elif not a.equals(b.set_axis(a.index)):
            print(f"{path}: values")
    elif sp.issparse(a) or sp.issparse(b):
        same = sp.issparse(a) and sp.issparse(b) and a.shape == b.shape and a.dtype == b.dtype
        if not same or (a.tocsr() != b.tocsr()).nnz:
            print(f"{path}: sparse values, {a.shape} {a.dtype} and {b.shape} {b.dtype}")
    elif hasattr(a, "keys"):
        compare_members(path, a, b)
    else:
        a, b = np.asarray(a), np.asarray(b)
        if a.dtype.names != b.dtype.names or a.shape != b.shape:
            print(f"{path}: {a.dtype} {a.shape} and {b.dtype} {b.shape}")
        elif a.dtype.names:
            for name in a.dtype.names:
                differ(f"{path}/{name}", a[name], b[name])
        elif a.dtype.kind != b.dtype.kind and {a.dtype.kind, b.dtype.kind} != {"U", "O"}:
            print(f"{path}: {a.dtype} and {b.dtype}")
        elif not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            print(f"{path}: values")


def compare_members(path, a, b):
    for key in sorted({*a.keys(), *b.keys()}):
        place = f"{path}/{key}".lstrip("/")
        if place in LEFT_OUT:
            continue
        if key not in a or key not in b:
            print(f"{place}: only in the {'second' if key not in a else 'first'}")
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


LEFT_OUT = set(sys.argv[3:])
compare_members("", parts(anndata.read_h5ad(sys.argv[1])), parts(anndata.read_h5ad(sys.argv[2])))
