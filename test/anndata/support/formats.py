"""Writes one small data set in the formats of other tools, and what scanpy reads of each: formats.py FOLDER."""

import gzip
import json
import os
import sys
import warnings

import h5py
import numpy as np
import scanpy as sc
import scipy.io
import scipy.sparse as sp

warnings.filterwarnings("ignore")
folder = sys.argv[1]
rng = np.random.default_rng(0)
counts = sp.csr_matrix(rng.poisson(0.4, (17, 12)).astype("int32"))
barcodes = [f"AAAC{i:02d}-1" for i in range(17)]
ids = [f"ENSG{i:05d}" for i in range(12)]
names = [f"GENE{i}" for i in range(11)] + ["CD3 antibody"]
types = ["Gene Expression"] * 11 + ["Antibody Capture"]
by_barcode = counts.T.tocsc()


def text(values):
    return np.array(values, dtype="S")


def fill(group):
    group["data"], group["indices"] = by_barcode.data, by_barcode.indices.astype("int64")
    group["indptr"], group["shape"] = by_barcode.indptr.astype("int64"), np.array(by_barcode.shape, dtype="int32")
    group["barcodes"] = text(barcodes)


with h5py.File(f"{folder}/v3.h5", "w") as f:
    group = f.create_group("matrix")
    fill(group)
    features = group.create_group("features")
    features["id"], features["name"], features["feature_type"] = text(ids), text(names), text(types)
    features["genome"] = text(["GRCh38"] * 12)
    features["_all_tag_keys"] = text(["genome"])

with h5py.File(f"{folder}/v2.h5", "w") as f:
    group = f.create_group("hg19")
    fill(group)
    group["genes"], group["gene_names"] = text(ids), text(names)


def folder_of(name, suffix, features_name, fields):
    path = f"{folder}/{name}"
    os.mkdir(path)
    open_text = (lambda p: gzip.open(p, "wt")) if suffix else (lambda p: open(p, "w"))
    scipy.io.mmwrite(f"{path}/matrix.mtx", by_barcode.tocoo(), field="integer")
    if suffix:
        with open(f"{path}/matrix.mtx", "rb") as plain, gzip.open(f"{path}/matrix.mtx.gz", "wb") as packed:
            packed.write(plain.read())
        os.remove(f"{path}/matrix.mtx")
    with open_text(f"{path}/barcodes.tsv{suffix}") as f:
        f.writelines(f"{b}\n" for b in barcodes)
    with open_text(f"{path}/{features_name}.tsv{suffix}") as f:
        f.writelines("\t".join(row) + "\n" for row in zip(*fields))


folder_of("mtx3", ".gz", "features", [ids, names, types])
folder_of("mtx2", "", "genes", [ids, names])
frame = sc.AnnData(counts.astype("float32"), obs={"_": barcodes}).to_df()
frame.index, frame.columns = barcodes, names
frame.to_csv(f"{folder}/table.csv")
frame.T.to_csv(f"{folder}/genes_by_cells.tsv.gz", sep="\t")

read = {
    "v3.h5": sc.read_10x_h5(f"{folder}/v3.h5"),
    "v2.h5": sc.read_10x_h5(f"{folder}/v2.h5"),
    "mtx3": sc.read_10x_mtx(f"{folder}/mtx3"),
    "mtx2": sc.read_10x_mtx(f"{folder}/mtx2", gex_only=False),
    "table.csv": sc.read_csv(f"{folder}/table.csv"),
    "genes_by_cells.tsv.gz": sc.read_text(f"{folder}/genes_by_cells.tsv.gz", delimiter="\t").T,
}
print(
    json.dumps(
        {
            name: {
                "X": (a.X.toarray() if sp.issparse(a.X) else np.asarray(a.X)).tolist(),
                "obs": list(a.obs_names),
                "var": list(a.var_names),
                "columns": {c: [str(v) for v in a.var[c]] for c in a.var},
            }
            for name, a in read.items()
        }
    )
)
