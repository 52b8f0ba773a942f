"""The other side of the inference benchmark: the published model in eval() under no_grad, PyTorch's fast path on."""

import json
import resource
import sys
import time

import torch
from scgpt_model import full_size_model, padded_batch

work = json.loads(sys.argv[1])
torch.set_num_threads(work["threads"])
model = full_size_model(work["layers"], work["vocabulary"], work["classes"], 0.2).eval()
generator = torch.Generator().manual_seed(1)


def predict(lengths):
    genes, values, padding = padded_batch(lengths, work["genes"], generator)
    out = model(
        genes, values, src_key_padding_mask=padding, batch_labels=None,
        CLS=True, CCE=False, MVC=False, ECS=False, do_sample=False,
    )  # fmt: skip
    return out["cls_output"]


with torch.no_grad():
    predict([64])
    start, cpu = time.perf_counter(), time.process_time()
    for i in range(0, len(work["lengths"]), work["batchSize"]):
        predict(work["lengths"][i : i + work["batchSize"]])
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "cpu": cpu, "peakMiB": peak}))
