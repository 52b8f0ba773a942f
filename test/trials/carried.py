"""Whether obsm/airr of an .h5ad file is the same in a Zarr store and in an .h5ad file made of that: FIRST STORE SECOND"""
import json, sys
import h5py, numpy as np, zarr
def attributes(o):
    return {k: v.item() if hasattr(v, "item") else v for k, v in dict(o.attrs).items()}
def contents(o, group):
    if not isinstance(o, group):
        return attributes(o), str(o.dtype), np.asarray(o[...]).tolist()
    return attributes(o), {k: contents(o[k], group) for k in o}
with h5py.File(sys.argv[1]) as one, h5py.File(sys.argv[3]) as two:
    first = contents(one["obsm/airr"], h5py.Group)
    store = contents(zarr.open(sys.argv[2], mode="r")["obsm/airr"], zarr.Group)
    print(json.dumps([first == store, first == contents(two["obsm/airr"], h5py.Group), len(first[1])]))
