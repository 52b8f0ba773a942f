"""Cells to a plane by scikit-learn's principal components and umap-learn: umap_learn.py POINTS.f32 COLUMNS OUT.f32 RUN."""

import json
import sys
import time
import warnings

import numpy as np
from sklearn.decomposition import PCA
from umap import UMAP

warnings.filterwarnings("ignore")
path, columns, out, _ = sys.argv[1:]
points = np.fromfile(path, np.float32).reshape(-1, int(columns))


def project(rows):
    # n_neighbors counts the cell itself. Without a seed, which is quicker: umap-learn then uses all cores.
    return UMAP(n_neighbors=11, min_dist=0.3).fit_transform(PCA(30, svd_solver="arpack").fit_transform(rows))


project(points[:5000])  # compiles
start, cpu = time.perf_counter(), time.process_time()
plane = project(points)
seconds, used = time.perf_counter() - start, time.process_time() - cpu
plane.astype(np.float32).tofile(out)
print(json.dumps({"seconds": seconds, "cpu": used}))
