"""Reads a table by pandas and by pyarrow: parquet.py TABLE.parquet TABLE.h5ad. Fails where they are not obs of the .h5ad."""

import sys

import anndata
import numpy as np
import pandas as pd
import pyarrow.parquet

obs = anndata.read_h5ad(sys.argv[2]).obs
table = pd.read_parquet(sys.argv[1])
assert table.index.name == "cell_id" and list(table.index) == list(obs.index)
assert list(table.columns) == list(obs.columns), list(table.columns)
for name in obs.columns:
    ours, theirs = table[name], obs[name].astype(object)
    assert (ours.isna() == theirs.isna().to_numpy()).all(), name
    assert all(a == b for a, b in zip(ours, theirs) if not pd.isna(b)), name
types = {field.name: str(field.type) for field in pyarrow.parquet.read_schema(sys.argv[1])}
print({name: types[name] for name in sorted(types)})
