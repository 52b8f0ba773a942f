"""The other side of `published`: the published model (scgpt 0.2.4) fine-tuned by PyTorch as the published protocol does.

    torch_finetune.py start WORK     makes the folders to start from, one a seed: args.json, vocab.json, best_model.pt
    torch_finetune.py train WORK     trains from one of them and predicts the test cells

Initial weights are those that the published class draws under `torch.manual_seed`, as its fine-tuning without a checkpoint
would: PyTorch's own start of each layer, all transformer layers copies of one, and its `init_weights`. The vocabulary is
that of the data's genes: rows of genes that no cell has would never move. The loop is the published one: a shuffled order
of the cells every epoch, batches padded to their longest cell, genes of longer cells drawn at random, cross-entropy,
gradients clipped at norm 1, Adam (eps 1e-8, as without mixed precision), StepLR every epoch, the weights of the lowest
validation loss kept. Two things are not as there, because they are faults of it: no gene is left unbinned (the tokens are
given), and no validation batch is left out of the loss.
"""

import copy
import json
import resource
import sys
import time
from pathlib import Path

import torch
from scgpt_model import transformer_model

what, work = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
cells = json.loads(Path(work["cells"]).read_text())
args = cells["args"]
torch.set_num_threads(work["threads"])
vocabulary = {name: i for i, name in enumerate([*cells["geneNames"], "<pad>", "<cls>", "<eoc>"])}
PAD, CLS = vocabulary["<pad>"], vocabulary["<cls>"]
TransformerModel = transformer_model()


def new_model(seed):
    torch.manual_seed(seed)
    return TransformerModel(
        len(vocabulary), args["embsize"], args["nheads"], args["d_hid"], args["nlayers"], args["n_layers_cls"],
        cells["classes"], vocab=vocabulary, dropout=args["dropout"], pad_token="<pad>", pad_value=args["pad_value"],
        do_mvc=False, do_dab=False, use_batch_labels=False, input_emb_style=args["input_emb_style"],
        n_input_bins=args["n_bins"], cell_emb_style=args["cell_emb_style"], use_fast_transformer=False, pre_norm=False,
    )  # fmt: skip


if what == "start":
    for seed, folder in enumerate(map(Path, work["folders"])):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "args.json").write_text(json.dumps(args))
        (folder / "vocab.json").write_text(json.dumps(vocabulary))
        torch.save(new_model(seed).state_dict(), folder / "best_model.pt")
    print("{}")
    sys.exit()

model = new_model(work["seed"])
model.load_state_dict(torch.load(Path(work["start"]) / "best_model.pt", weights_only=True))
indptr, genes, bins, labels = (torch.tensor(cells[name]) for name in ("indptr", "genes", "bins", "labels"))
indptr = indptr.long()
# Apart from what the model's dropout draws.
order = torch.Generator().manual_seed(work["seed"])


def collate(chosen, most):
    """Some cells side by side: `<cls>` first, genes of those longer than `most` tokens drawn at random."""
    rows = []
    for cell in chosen:
        own = torch.arange(indptr[cell], indptr[cell + 1])
        if len(own) + 1 > most:
            own = own[torch.randperm(len(own), generator=order)[: most - 1]]
        rows.append(own)
    size = (len(rows), 1 + max(map(len, rows)))
    ids, values = torch.full(size, PAD), torch.full(size, float(args["pad_value"]))
    ids[:, 0], values[:, 0] = CLS, 0
    for i, own in enumerate(rows):
        ids[i, 1 : 1 + len(own)] = genes[own]
        values[i, 1 : 1 + len(own)] = bins[own].float()
    return ids, values


def forward(chosen, most):
    ids, values = collate(chosen, most)
    return model(
        ids, values, src_key_padding_mask=ids.eq(PAD), batch_labels=None,
        CLS=True, CCE=False, MVC=False, ECS=False, do_sample=False,
    )["cls_output"]  # fmt: skip


def logits(chosen, most):
    model.eval()
    with torch.no_grad():
        return torch.cat([forward(part, most) for part in chosen.split(work["batchSize"])])


split = {part: torch.tensor(chosen) for part, chosen in work["split"].items()}
loss_of = torch.nn.functional.cross_entropy
optimizer = torch.optim.Adam(model.parameters(), lr=work["lr"], eps=1e-8)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.9)
best, best_loss, best_epoch = None, float("inf"), 0
start, cpu = time.perf_counter(), time.process_time()
for epoch in range(1, work["epochs"] + 1):
    model.train()
    shuffled = split["train"][torch.randperm(len(split["train"]), generator=order)]
    for batch in shuffled.split(work["batchSize"]):
        loss = loss_of(forward(batch, work["maxSeqLen"]), labels[batch])
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=False)
        optimizer.step()
    validation = split["validation"]
    loss = loss_of(logits(validation, work["maxSeqLen"]), labels[validation]).item()
    if loss < best_loss:
        best, best_loss, best_epoch = copy.deepcopy(model.state_dict()), loss, epoch
    schedule.step()
seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
model.load_state_dict(best)
# From all genes, as ours predicts.
predicted = logits(split["test"], len(vocabulary)).argmax(-1)
report = {"seconds": seconds, "cpu": cpu, "peakMiB": peak, "bestEpoch": best_epoch, "labels": predicted.tolist()}
print(json.dumps(report))
