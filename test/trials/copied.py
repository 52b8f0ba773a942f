"""Whether obsm/airr of two files is the same to h5py, attributes and all, and what anndata reads of the rest."""
import json, sys
import anndata as ad, h5py, numpy as np
def contents(g):
    seen = {"": sorted((k, str(v)) for k, v in g.attrs.items())}
    g.visititems(lambda n, o: seen.update({n: (sorted((k, str(v)) for k, v in o.attrs.items()), str(o.dtype), o[()].tolist()) if isinstance(o, h5py.Dataset) else None}))
    return seen
with h5py.File(sys.argv[1]) as one, h5py.File(sys.argv[2], "a") as two:
    same = contents(one["obsm/airr"]) == contents(two["obsm/airr"])
    del two["obsm/airr"]  # reading it needs the package awkward
a = ad.read_h5ad(sys.argv[2])
print(json.dumps({"same": same, "labels": list(a.obs.predicted_label[:2]), "nothing": a.uns["nothing"], "columns": list(a.obs.columns)}))
