"""Whether scanpy works on files: the types of X's indices and row pointers, and "ok" or the error."""
import json, sys, warnings
import anndata as ad, scanpy as sc
warnings.filterwarnings("ignore")
out = []
for path in sys.argv[1:]:
    a = ad.read_h5ad(path)
    said = "ok"
    try:
        sc.pp.calculate_qc_metrics(a, percent_top=None, inplace=True)
        sc.pp.normalize_total(a)
        sc.pp.log1p(a)
        sc.pp.pca(a, n_comps=5)
        a.obs["g"] = (["a", "b"] * len(a))[: len(a)]
        a.obs["g"] = a.obs["g"].astype("category")
        sc.tl.rank_genes_groups(a, "g")
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    a = ad.read_h5ad(path)
    out.append([str(a.X.indices.dtype), str(a.X.indptr.dtype), said])
print(json.dumps(out))
