"""scanpy's 40 variable genes (cell_ranger) of each file: of the values as they are, and normalised and logged."""
import json, sys, warnings
import anndata as ad, scanpy as sc
warnings.filterwarnings("ignore")
out = []
for path in sys.argv[1:]:
    for prepare in (False, True):
        a = ad.read_h5ad(path)
        a.uns = {}
        if prepare:
            sc.pp.normalize_total(a, target_sum=1e4)
            sc.pp.log1p(a)
        sc.pp.highly_variable_genes(a, n_top_genes=40, flavor="cell_ranger")
        out.append(sorted(a.var_names[a.var.highly_variable]))
print(json.dumps(out))
