"""The other side of the preprocess benchmark: scanpy's steps, then the binning and tokens of the published protocol.

The binning follows the published code in what it computes and allocates: a dense matrix of the chosen genes, quantiles
and two digitisations for each row, and the stacked result; tokens are the non-zero genes of each row.
"""

import json
import resource
import sys
import time

limit_gib = float(sys.argv[5])
if limit_gib > 0:
    resource.setrlimit(resource.RLIMIT_AS, (int(limit_gib * 2**30),) * 2)

import anndata
import numpy as np
import scanpy as sc

path, vocab_path, n_hvg, min_counts = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
N_BINS = 51
stages = {}
start = last = time.perf_counter()
cpu_start = time.process_time()


def stage(name):
    global last
    now = time.perf_counter()
    stages[name] = round(now - last, 3)
    print(name, stages[name], file=sys.stderr, flush=True)
    last = now


def digitize(x, edges):
    left = np.digitize(x, edges)
    right = np.digitize(x, edges, right=True)
    return np.ceil(np.random.rand(len(x)) * (right - left) + left).astype(np.int64)


adata = anndata.read_h5ad(path)
stage("read")

with open(vocab_path) as file:
    vocab = json.load(file)
adata = adata[:, [name in vocab for name in adata.var_names]].copy()
sc.pp.filter_genes(adata, min_counts=min_counts)
stage("filter")

adata.layers["counts"] = adata.X.copy()
sc.pp.normalize_total(adata, target_sum=1e4)
sc.pp.log1p(adata)
stage("normalize")

sc.pp.highly_variable_genes(adata, layer="counts", n_top_genes=n_hvg, flavor="seurat_v3")
adata = adata[:, adata.var["highly_variable"]].copy()
stage("hvg")

binned_rows, edges_of_rows = [], []
for row in adata.X.toarray():
    binned = np.zeros_like(row, dtype=np.int64)
    nonzero = row.nonzero()[0]
    edges = np.zeros(N_BINS - 1)
    if len(nonzero) > 0:
        edges = np.quantile(row[nonzero], np.linspace(0, 1, N_BINS - 1))
        binned[nonzero] = digitize(row[nonzero], edges)
    binned_rows.append(binned)
    edges_of_rows.append(np.concatenate([[0], edges]))
binned = np.stack(binned_rows)
edges = np.stack(edges_of_rows)
stage("bin")

gene_ids = np.array([vocab[name] for name in adata.var_names])
tokens = []
for row in binned:
    nonzero = np.nonzero(row)[0]
    tokens.append((gene_ids[nonzero], row[nonzero]))
stage("tokens")

print(
    json.dumps(
        {
            "seconds": time.perf_counter() - start,
            "cpu": time.process_time() - cpu_start,
            "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "cells": adata.n_obs,
            "tokens": sum(len(genes) for genes, _ in tokens),
            "genes": list(adata.var_names),
            "stages": stages,
        }
    )
)
