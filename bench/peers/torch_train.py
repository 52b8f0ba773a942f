"""The other side of the training benchmark: the published model and its training step in PyTorch."""

import contextlib
import json
import resource
import sys
import time

import torch
from scgpt_model import full_size_model, padded_batch

work = json.loads(sys.argv[1])
torch.set_num_threads(work["threads"])
model = full_size_model(work["layers"], work["vocabulary"], work["classes"], 0.2).train()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, eps=1e-8)
generator = torch.Generator().manual_seed(1)


def step(lengths):
    genes, values, padding = padded_batch(lengths, work["genes"], generator)
    labels = torch.arange(len(lengths)) % work["classes"]
    start, cpu = time.perf_counter(), time.process_time()
    precision = torch.autocast("cpu", torch.bfloat16) if work["bfloat16"] else contextlib.nullcontext()
    with precision:
        out = model(
            genes, values, src_key_padding_mask=padding, batch_labels=None,
            CLS=True, CCE=False, MVC=False, ECS=False, do_sample=False,
        )  # fmt: skip
        loss = torch.nn.functional.cross_entropy(out["cls_output"], labels)
    model.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=False)
    optimizer.step()
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}


size, lengths = work["batchSize"], work["lengths"]
step([work["warmUp"]] * size)
batches = [lengths[i : i + size] for i in range(0, len(lengths), size)]
steps = [step(batch) for batch in batches[work["from"] : work["to"]]]
print(json.dumps({"steps": steps, "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
