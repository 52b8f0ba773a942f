"""What two files of cells differ in, as anndata reads them: names of columns and arrays."""

import json
import sys

import anndata
import numpy
import pandas

first, second = (anndata.read_zarr(path) for path in sys.argv[1:])
found = []
if list(first.obs.columns) != list(second.obs.columns) or not first.obs_names.equals(second.obs_names):
    found.append("names")
for name in first.obs.columns:
    try:
        pandas.testing.assert_series_equal(first.obs[name], second.obs[name], check_exact=True)
    except AssertionError as error:
        found.append(f"obs/{name}: {error}")
for name in {*first.obsm, *second.obsm}:
    one, other = numpy.asarray(first.obsm[name]), numpy.asarray(second.obsm[name])
    if one.dtype != other.dtype or not numpy.array_equal(one, other, equal_nan=True):
        found.append(f"obsm/{name}")
if not numpy.array_equal(first.X.toarray(), second.X.toarray()):
    found.append("X")
print(json.dumps(found))
