"""What PyTorch and anndata read: a line of JSON in for each file, a line out with digests as `test/support/digest.ts` makes them."""

import hashlib
import json
import resource
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
# A damaged file may ask for any amount of memory.
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))


def sha(data):
    return hashlib.sha1(data).hexdigest()


def numbers(values):
    values = np.asarray(values).astype("<f8").ravel() + 0
    values[np.isnan(values)] = np.frombuffer(b"\0\0\0\0\0\0\xf8\x7f", "<f8")[0]
    return f"numbers {sha(values.tobytes())}"


def texts(values):
    return f"texts {sha(''.join(f'{value}' + chr(10) for value in values).encode('utf8', 'surrogatepass'))}"


def shape(values):
    return f"[{','.join(str(n) for n in values.shape)}]"


def weights(path):
    """Every dict of tensors in the file, the outermost first: which one is meant is for the reader to choose."""
    import torch

    if path.endswith(".safetensors"):
        from safetensors.torch import load_file
        root = load_file(path)
    else:
        root = torch.load(path, map_location="cpu", weights_only=True)
    found = []
    for candidate in [root, *(root.values() if isinstance(root, dict) else [])]:
        if isinstance(candidate, dict):
            tensors = {name: value for name, value in candidate.items() if isinstance(value, torch.Tensor)}
            if tensors:
                found.append({str(name): digest_tensor(value) for name, value in tensors.items()})
    return found


def digest_tensor(tensor):
    import torch

    values = tensor.detach().to(torch.float64).to(torch.float32).contiguous().numpy()
    return f"{shape(values)} {numbers(values)}"


def column(series):
    import pandas as pd

    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object)
    values = list(series)
    missing = [value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value) and series.dtype == object) for value in values]
    plain = [bool(isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_))) for value in values]
    if all(plain) and not any(missing):
        return numbers(np.array(values, "f8"))
    said = lambda value: f"{int(value)}" if isinstance(value, (bool, np.bool_)) else f"{value}"
    return texts("\x01NA" if gone else said(value) for value, gone in zip(values, missing))


def matrix(values):
    dense = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    return f"{shape(dense)} {numbers(dense)}"


def cells(path):
    """Each part by itself: one that is damaged leaves the others."""
    import h5py
    import zarr
    from anndata.io import read_elem

    digest = {}

    def part(name, make):
        try:
            digest[name] = make()
        except Exception as error:
            digest[name] = f"! {type(error).__name__}: {error}"

    def frame(name):
        table = read_elem(file[name])
        digest[f"{name}_names"] = texts(table.index)
        for each in table.columns:
            part(f"{name}/{each}", lambda: column(table[each]))
        return "read"

    file = zarr.open(path, mode="r") if Path(path).is_dir() else h5py.File(path, "r")
    for name in ("obs", "var"):
        part(name, lambda: frame(name))
    for name in ("X", "raw/X"):
        if name in file:
            part(name, lambda: matrix(read_elem(file[name])))
    for group in ("layers", "obsm"):
        for key in file.get(group, {}):
            part(f"{group}/{key}", lambda: matrix(read_elem(file[f"{group}/{key}"])))
    return digest


def bases(folder):
    """The undamaged files that the others are made from: every way in which weights and cells are stored, in few bytes."""
    import anndata as ad
    import h5py
    import pandas as pd
    import scipy.sparse as sp
    import torch
    from safetensors.torch import save_file

    folder = Path(folder)
    rng = np.random.default_rng(1)
    torch.manual_seed(1)
    w = torch.randn(4, 6)
    kinds = {str(kind).split(".")[1]: (w * 9).to(kind) for kind in (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)}
    state = {"a": w, "t": w.t(), "part": w[1:3, 2:5], "scalar": torch.tensor(2.5), "none": torch.zeros(0, 3), **kinds}
    torch.save(state, folder / "kinds.pt")
    torch.save({"model_state_dict": {"w": w, "tied": w}, "epoch": 3, "args": {"lr": 0.1, "names": ["a", None, (1, 2)]}}, folder / "nested.pt")
    torch.save(state, folder / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.TransformerEncoderLayer(4, 2, 4).state_dict(), folder / "layer.pt")
    save_file({name: value.contiguous() for name, value in state.items() if name != "tied"}, folder / "kinds.safetensors")

    h5py.get_config().track_order = False
    n, m = 12, 5
    X = rng.poisson(0.8, (n, m)).astype("f4")
    obs = pd.DataFrame({
        "type": pd.Categorical(rng.choice(["T", "B", "NK"], n)), "score": rng.random(n), "count": rng.integers(0, 9, n),
        "flag": rng.random(n) > 0.5, "text": [f"x{i}é" for i in range(n)], "maybe": pd.array([1, None] * 6, "Int64"),
    }, index=[f"c{i}" for i in range(n)])
    var = pd.DataFrame({"n": rng.integers(0, 9, m)}, index=[f"G{j}" for j in range(m)])
    for name, values in {"csr": sp.csr_matrix(X), "csc": sp.csc_matrix(X), "dense": X, "ints": sp.csr_matrix(X.astype("i8"))}.items():
        a = ad.AnnData(values, obs, var, obsm={"P": rng.random((n, 2))}, layers={"l": values}, uns={"k": {"x": 1, "t": "text", "a": np.arange(3)}})
        a.raw = a
        a.write_h5ad(folder / f"{name}.h5ad", compression="gzip" if name == "ints" else None)
        a.write_zarr(folder / f"{name}.zarr")


READ = {"checkpoint": weights, "cells": cells, "bases": bases}

for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = {"value": READ[asked["reader"]](asked["path"])}
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {str(error)[:200]}"}
    print(json.dumps(answer), flush=True)
