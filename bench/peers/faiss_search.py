"""faiss-cpu beside ours: faiss_search.py make|search FOLDER CELLS LISTS QUERIES THREADS (see bench/faiss.ts)."""

import json
import sys
import time

import faiss
import numpy as np

what, folder, *numbers = sys.argv[1:]
cells, lists, queries, threads = map(int, numbers)
WIDTH, COUNT = 512, 10


def read(name):
    return np.fromfile(f"{folder}/{name}", np.float32).reshape(-1, WIDTH)


if what == "make":
    random = np.random.default_rng(0)
    centres = random.normal(size=(100, 40))
    turn = random.normal(size=(40, WIDTH))
    for name, count in [("vectors.f32", cells), ("queries.f32", queries)]:
        own = centres[random.integers(0, len(centres), count)] + 0.5 * random.normal(size=(count, 40))
        rows = own @ turn + 0.3 * random.normal(size=(count, WIDTH))
        (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32).tofile(f"{folder}/{name}")
    index = faiss.index_factory(WIDTH, f"PCA64,IVF{lists}_HNSW32,PQ16", faiss.METRIC_L2)
    vectors = read("vectors.f32")
    index.train(vectors[:: max(1, cells // (40 * lists))])
    index.add(vectors)
    faiss.write_index(index, f"{folder}/index.faiss")
else:
    faiss.omp_set_num_threads(threads)
    index = faiss.read_index(f"{folder}/index.faiss")
    nprobe = 16 if lists <= 1e3 else 32 if lists <= 4e3 else 64 if lists <= 1.6e4 else 128
    faiss.extract_index_ivf(index).nprobe = nprobe
    flat = faiss.IndexFlatL2(WIDTH)
    flat.add(read("vectors.f32"))
    asked = read("queries.f32")
    for name, own in [("faissIvf", index), ("faissFlat", flat)]:
        own.search(asked[:200], COUNT)
        start = time.process_time()
        rows = own.search(asked, COUNT)[1]
        json.dump({"seconds": time.process_time() - start, "rows": rows.tolist()}, open(f"{folder}/{name}.json", "w"))
