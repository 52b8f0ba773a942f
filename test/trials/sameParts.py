"""Whether parts of two files are the same to h5py, types, values and attributes, and the columns that the second lists."""
import json, sys
import h5py
def contents(o):
    attributes = sorted((k, str(v)) for k, v in o.attrs.items())
    if isinstance(o, h5py.Dataset):
        return attributes, str(o.dtype), [str(v) for v in o[()].ravel()]
    return attributes, {k: contents(o[k]) for k in o}
with h5py.File(sys.argv[1]) as one, h5py.File(sys.argv[2]) as two:
    same = all(contents(one[part]) == contents(two[part]) for part in sys.argv[3:])
    print(json.dumps({"same": same, "columns": [str(c) for c in two["obs"].attrs["column-order"]]}))
