"""Writes one AnnData as an .h5ad and as Zarr stores of every kind that people have: zarrStores.py FOLDER.

cells.h5ad; v2.zarr and v3.zarr as anndata writes them; chunks.zarr, v2 in small chunks by gzip, zlib, zstd, lz4 and
none, one matrix by columns in memory, without consolidated metadata; shards.zarr, v3 in shards.
"""

import shutil
import sys
import warnings

import anndata
import numcodecs
import numpy as np
import pandas as pd
import scipy.sparse as sp
import zarr

warnings.filterwarnings("ignore")
anndata.settings.allow_write_nullable_strings = True
folder = sys.argv[1]
n, m = 7, 5
base = np.array([[(i * 7 + j * 3) % 5 * (i != 2) for j in range(m)] for i in range(n)])
dtypes = [f"{sign}int{bits}" for sign in ["", "u"] for bits in [8, 16, 32, 64]] + ["float16", "float32", "float64", "bool"]

obs = pd.DataFrame(index=[f"c{i}é" for i in range(n)])
for dtype in dtypes:
    obs[dtype] = base[:, 1].astype(dtype)
obs["zeros"] = np.zeros(n, "int64")
obs["gaps"] = np.array([0.5, np.nan, np.inf, -1, 0, 2, 3], "float32")
obs["big"] = np.array([2**60 + 1, -(2**60), 2**53, 0, 1, 2, 3])
for dtype in ["Int8", "UInt16", "Int64", "boolean"]:
    obs[f"nullable_{dtype}"] = pd.array([1, 0, None, 1, None, 0, 1], dtype=dtype)
obs["nullable_string"] = pd.array(["a", None, "", "é", "b", "c", "𝄞"], dtype="string")
obs["text"] = ["", "a", "é", "𝄞", "b b", "x" * 300, "z"]
obs["type"] = pd.Categorical(["T", "B", None, "T", "T", "NK", "B"], categories=["NK", "T", "B", "none"], ordered=True)
obs["whole_categories"] = pd.Categorical([3, 1, None, 3, 1, 1, 2])
obs["no_categories"] = pd.Categorical([None] * n, categories=[])
var = pd.DataFrame({"score": np.arange(m) / 4, "id": [f"ENSG{i}" for i in range(m)]}, index=[f"g{j}" for j in range(m)])

a = anndata.AnnData(sp.csr_matrix(base.astype("float32")), obs=obs, var=var)
a.raw = anndata.AnnData(sp.csr_matrix(np.hstack([base, base]).astype("int32")), obs=obs[[]], var=pd.DataFrame(index=[f"r{j}" for j in range(2 * m)]))
for dtype in dtypes:
    if dtype != "float16":
        a.layers[f"csc_{dtype}"] = sp.csc_matrix(base.astype(dtype))
    a.layers[f"dense_{dtype}"] = base.astype(dtype)
a.layers["empty"] = sp.csr_matrix((n, m), dtype="float32")
a.layers["zeros"] = np.zeros((n, m), "float32")
a.obsm["X_pca"] = np.arange(3 * n).reshape(n, 3) / 8
a.obsm["frame"] = pd.DataFrame({"u": np.arange(n), "v": list("aabbccd")}, index=obs.index)
a.obsm["sparse"] = sp.csr_matrix(base[:, :3].astype("float64"))
a.varm["loadings"] = np.arange(2 * m, dtype="float32").reshape(m, 2)
a.obsp["distances"] = sp.csr_matrix(np.eye(n, dtype="float32") * 2)
a.uns["text"] = "é 𝄞"
a.uns["number"] = 3
a.uns["half"] = np.float32(0.5)
a.uns["yes"] = np.True_
a.uns["texts"] = np.array([["a", "b"], ["c", "é"]], dtype=object)
a.uns["cube"] = np.arange(24, dtype="int16").reshape(2, 3, 4)
a.uns["flags"] = np.array([True, False])
a.uns["empty"] = {"deeper": {"none": np.zeros((0, 2))}}
a.uns["records"] = np.array([("a", 1.5, 2), ("é", 2.5, 3)], dtype=[("name", "U4"), ("score", "f4"), ("count", "i8")])
a.uns["a key, and more"] = 1

a.write_h5ad(f"{folder}/cells.h5ad")
for version in [2, 3]:
    anndata.settings.zarr_write_format = version
    a.write_zarr(f"{folder}/v{version}.zarr")


def rewritten(source, target, version, kwargs):
    """The same members, each array written anew with the arguments that `kwargs` gives for it."""
    old = zarr.open_group(source, mode="r")
    new = zarr.open_group(target, mode="w", zarr_format=version)
    new.attrs.update(old.attrs)

    def copy(old, new):
        for name, member in sorted(old.members()):
            if isinstance(member, zarr.Group):
                group = new.create_group(name)
                group.attrs.update(member.attrs)
                copy(member, group)
                continue
            array = new.create_array(name, shape=member.shape, dtype=member.dtype, **kwargs(member))
            array[...] = member[...]
            array.attrs.update(member.attrs)

    copy(old, new)


codecs = [numcodecs.GZip(5), numcodecs.Zlib(5), numcodecs.Zstd(5), numcodecs.LZ4(), None, numcodecs.Blosc("zstd", 5, 2)]
count = 0


def in_chunks(array):
    global count
    count += 1
    order = "F" if array.ndim == 2 and array.dtype == "float64" else "C"
    return {"chunks": tuple(min(2, max(1, s)) for s in array.shape), "compressors": codecs[count % len(codecs)], "order": order}


def in_shards(array):
    if array.ndim == 0 or array.dtype.fields or 0 in array.shape:
        return {}
    return {"chunks": (2,) * array.ndim, "shards": (4,) * array.ndim}


rewritten(f"{folder}/v2.zarr", f"{folder}/chunks.zarr", 2, in_chunks)
rewritten(f"{folder}/v3.zarr", f"{folder}/shards.zarr", 3, in_shards)
shutil.rmtree(f"{folder}/shards.zarr/uns/records")
shutil.copytree(f"{folder}/v3.zarr/uns/records", f"{folder}/shards.zarr/uns/records")
