"""The other side of the GPU training benchmark: one fine-tuning step of the full-size scGPT in PyTorch, in two ways.

The step is the published one: forward, cross-entropy on the class decoder, backward, gradient norm clipped at 1, Adam
at 1e-4. The model is written anew: 12 post-norm layers of 512 with 8 heads (the checkpoint's; the published command
says 4), dropout 0.2 (attention too), LayerNorm of the gene's embedding plus a continuous value encoder, `<cls>` first,
a class decoder of 3 layers for 20 classes. The gene table is cut to 3,000 genes, in both ways.

published  `fp16` and `fp32`: what the published code (RCHENLAB/scGPT_fineTune_protocol on bowang-lab/scGPT) does where
           the flash-attn package is missing. nn.TransformerEncoder with a key padding mask, batches as they come,
           padded to their longest cell, the expression decoder computed and not used, Adam not fused, the losses and
           the error rate fetched every step. fp16: autocast with GradScaler, Adam's eps 1e-4. fp32: neither, eps 1e-8,
           TF32 products allowed.
best       What PyTorch itself can do: flash attention with dropout in bfloat16 autocast, fused Adam, eps 1e-8, no
           synchronisation between steps, no padding: by the kernel below torch.nn.attention.varlen (which itself has no
           dropout), else by jagged nested tensors, each only if it first agrees with padded attention here, else in
           batches of like lengths.

One JSON line a figure on stdout. `case` is cells x tokens, or `stream`: batches of 32 cells of given lengths. `ms` is
the median step by the clock, synchronised; of the stream, all of its time by its steps (`ms_all`: each, by the device's
clock). Peak memory in 1e9 bytes, weights and optimizer included: `peak_gb` allocated, `reserved_gb` reserved,
`memory_gb` what the card lacks after the case of what was free when the process had nothing but its context.
Needs nothing but torch. `--device cpu --tiny` tries it all in seconds.
"""

# ruff: noqa: E402
import time

START = time.perf_counter()  # The budget counts the import of torch too.

import argparse
import contextlib
import gc
import json
import statistics
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

PAD, CLS, FIRST_GENE = 0, 1, 2
PAD_VALUE, BINS, MAX_VALUE = -2.0, 51, 512
WARM_UP, TIMED, STREAM_WARM_UP = 3, 6, 3
ORDER = [
    *(("stream", "best"), ("stream", "fp16")),
    *((case, way) for case in ("8x600", "32x1501", "32x600", "8x1501") for way in ("best", "fp16", "fp32")),
    ("stream", "fp32"),
]


class Size(NamedTuple):
    layers: int = 12
    d: int = 512
    heads: int = 8
    hidden: int = 512
    genes: int = 3000
    classes: int = 20
    dropout: float = 0.2
    """By how much --tiny divides cells and tokens of each case."""
    cells_by: int = 1
    tokens_by: int = 1


TINY = Size(layers=2, d=64, heads=4, hidden=64, genes=100, cells_by=8, tokens_by=50)


# Model


class ValueEncoder(nn.Module):
    def __init__(self, d, dropout):
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(1, d), nn.Linear(d, d)
        self.norm, self.dropout = nn.LayerNorm(d), nn.Dropout(dropout)

    def forward(self, values):
        hidden = F.relu(self.linear1(values.unsqueeze(-1).clamp(max=MAX_VALUE)))
        return self.dropout(self.norm(self.linear2(hidden)))


class Model(nn.Module):
    """Embedding, encoder and class decoder of both ways; their weights have the same names."""

    def __init__(self, size, layer, **encoder):
        super().__init__()
        d = size.d
        self.genes, self.gene_norm = nn.Embedding(size.genes + FIRST_GENE, d, padding_idx=PAD), nn.LayerNorm(d)
        nn.init.uniform_(self.genes.weight, -0.1, 0.1)
        self.values = ValueEncoder(d, size.dropout)
        first = layer(d, size.heads, size.hidden, size.dropout, batch_first=True)
        self.encoder = nn.TransformerEncoder(first, size.layers, **encoder)
        blocks = [part for _ in range(2) for part in (nn.Linear(d, d), nn.ReLU(), nn.LayerNorm(d))]
        self.classes = nn.Sequential(*blocks, nn.Linear(d, size.classes))
        self.expression = nn.Sequential(
            *(nn.Linear(d, d), nn.LeakyReLU(), nn.Linear(d, d), nn.LeakyReLU(), nn.Linear(d, 1))
        )

    def embed(self, ids, values):
        return self.gene_norm(self.genes(ids)) + self.values(values)


class PublishedModel(Model):
    def __init__(self, size):
        super().__init__(size, nn.TransformerEncoderLayer)

    def forward(self, ids, values):
        x = self.encoder(self.embed(ids, values), src_key_padding_mask=ids.eq(PAD))
        return self.classes(x[:, 0]), self.expression(x)


def tail(x, a, wo, bo, g1, b1, w1, c1, w2, c2, g2, b2, p: float, eps: float):
    """What follows attention in a layer, as a function of tensors alone, so that all layers share what is compiled."""
    x = F.layer_norm(x + F.dropout(F.linear(a, wo, bo), p), g1.shape, g1, b1, eps)
    hidden = F.dropout(F.relu(F.linear(x, w1, c1)), p)
    return F.layer_norm(x + F.dropout(F.linear(hidden, w2, c2), p), g2.shape, g2, b2, eps)


class Layer(nn.TransformerEncoderLayer):
    def forward(self, x, attend, tail):
        mha, p = self.self_attn, self.dropout.p
        qkv = F.linear(x, mha.in_proj_weight, mha.in_proj_bias)
        q, k, v = qkv.unflatten(-1, (3, mha.num_heads, -1)).unbind(-3)
        parts = (mha.out_proj, self.norm1, self.linear1, self.linear2, self.norm2)
        weights = [weight for part in parts for weight in (part.weight, part.bias)]
        return tail(x, attend(q, k, v, p).flatten(-2), *weights, p, self.norm1.eps)


class BestModel(Model):
    def __init__(self, size):
        super().__init__(size, Layer, enable_nested_tensor=False)
        self.tail = tail

    def forward(self, batch, attend):
        x = self.embed(batch.ids, batch.values)
        for layer in self.encoder.layers:
            x = layer(x, lambda q, k, v, p: attend(q, k, v, p, batch), self.tail)
        return self.classes(x[:, 0] if batch.offsets is None else x.index_select(0, batch.offsets[:-1]))


# Attention of `best`: q, k, v of [cells, tokens, heads, d / heads], or [tokens of all cells, heads, d / heads].


def dense(q, k, v, p, batch):
    q, k, v = (t.transpose(1, 2) for t in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, attn_mask=batch.mask, dropout_p=p).transpose(1, 2)


def varlen(q, k, v, p, batch):
    """torch.nn.attention.varlen calls this with dropout 0; scaled_dot_product_attention of nested tensors, as here."""
    ends = (batch.offsets, batch.offsets, batch.longest, batch.longest)
    return torch.ops.aten._flash_attention_forward(q, k, v, *ends, p, False, False)[0]


def jagged(q, k, v, p, batch):
    bounds = {"min_seqlen": 1, "max_seqlen": batch.longest}
    nested = [
        torch.nested.nested_tensor_from_jagged(t.contiguous(), batch.offsets, **bounds).transpose(1, 2)
        for t in (q, k, v)
    ]
    return F.scaled_dot_product_attention(*nested, dropout_p=p).transpose(1, 2).values()


PACKED = {"varlen": varlen, "jagged": jagged}
NAMES = {
    "varlen": "unpadded: aten._flash_attention_forward, the kernel of torch.nn.attention.varlen, with dropout",
    "jagged": "unpadded: scaled_dot_product_attention of jagged nested tensors",
    "bucketed": "cells regrouped by length and padded, scaled_dot_product_attention with a mask",
}


# Data


class Batch(NamedTuple):
    ids: torch.Tensor
    values: torch.Tensor
    labels: torch.Tensor
    """Int32 [cells + 1]: where each cell's tokens begin, of an unpadded batch."""
    offsets: torch.Tensor | None = None
    """Bool [cells, 1, 1, tokens]: what is no padding, of a padded batch where there is any."""
    mask: torch.Tensor | None = None
    longest: int = 0

    def map(self, change):
        return Batch(*(change(part) if isinstance(part, torch.Tensor) else part for part in self))


def make_batch(lengths, size, pin, packed=False):
    """Random cells: `<cls>` with 0, then genes that differ, each with one of 50 bins."""
    cells, longest = len(lengths), max(lengths)
    ids = torch.rand(cells, size.genes).argsort(1)[:, : longest - 1] + FIRST_GENE
    ids = torch.cat([torch.full((cells, 1), CLS), ids], 1)
    values = torch.randint(1, BINS, ids.shape).float()
    values[:, 0] = 0
    ends = torch.tensor(lengths)
    real = torch.arange(longest)[None, :] < ends[:, None]
    labels = torch.randint(size.classes, (cells,))
    if packed:
        offsets = F.pad(ends.cumsum(0), (1, 0)).int()
        batch = Batch(ids[real], values[real], labels, offsets, None, longest)
    else:
        ids, values = ids.masked_fill(~real, PAD), values.masked_fill(~real, PAD_VALUE)
        batch = Batch(ids, values, labels, None, None if real.all() else real[:, None, None, :], longest)
    return batch.map(torch.Tensor.pin_memory) if pin else batch


def bucketed(batches):
    """The same cells in as many batches of the same sizes, each of cells of like length; the longest first."""
    cells = iter(sorted((length for batch in batches for length in batch), reverse=True))
    return [[next(cells) for _ in batch] for batch in batches]


def padding(batches):
    return 1 - sum(map(sum, batches)) / sum(max(batch) * len(batch) for batch in batches)


# Steps


class Published:
    def __init__(self, size, device, amp):
        self.device, self.amp = device, amp
        self.model = PublishedModel(size).to(device).train()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-4, eps=1e-4 if amp else 1e-8)
        self.scaler = torch.amp.GradScaler(device.type, enabled=amp)
        self.output = None

    def step(self, host):
        ids, values, labels = (t.to(self.device) for t in host[:3])
        with torch.autocast(self.device.type, torch.float16, enabled=self.amp):
            # Kept until the next one is there, as the published loop does.
            self.output = self.model(ids, values)
            loss = F.cross_entropy(self.output[0], labels)
            (self.output[0].argmax(1) == labels).sum().item()
        self.model.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0, error_if_nonfinite=not self.amp)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        loss.item()  # The loop adds up two losses, which are the same.
        return loss.item()

    def note(self):
        last = f", loss scale {self.scaler.get_scale():.0f} at the end" if self.amp else ", TF32 products"
        return f"nn.TransformerEncoder, padded to the longest cell of a batch{last}"


class Best:
    def __init__(self, size, device, way):
        self.device, self.way = device, way
        self.attend = PACKED.get(way, dense)
        self.kernels = SDPBackend.FLASH_ATTENTION if device.type == "cuda" else None
        self.model = BestModel(size).to(device).train()
        self.parameters = list(self.model.parameters())
        self.optimizer = torch.optim.Adam(self.parameters, lr=1e-4, fused=True)

    def kernel(self, batch):
        """Flash attention takes no mask: a padded batch may use what does."""
        masked = batch.mask is not None
        return contextlib.nullcontext() if self.kernels is None or masked else sdpa_kernel(self.kernels)

    def step(self, host):
        return self.compute(host.map(lambda part: part.to(self.device, non_blocking=True)))

    def compute(self, batch):
        with self.kernel(batch), torch.autocast(self.device.type, torch.bfloat16):
            loss = F.cross_entropy(self.model(batch, self.attend), batch.labels)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    def note(self):
        kernel = "" if self.kernels is None else f" on {self.kernels.name}"
        return NAMES.get(self.way, f"scaled_dot_product_attention{kernel}") + ", fused Adam"


def apart(ours, theirs):
    return ((ours.float() - theirs.float()).norm() / theirs.float().norm()).item()


def check_packed(device, way):
    """Unpadded attention against each cell's own in float32, with dropout, and in a model against the published one."""
    lengths, heads, width = [37, 5, 64, 18], 2, 64
    qkv = torch.randn(3, sum(lengths), heads, width, device=device).bfloat16()
    given, exact = qkv.clone().requires_grad_(), qkv.float().requires_grad_()
    size = Size(layers=2, d=heads * width, heads=heads, hidden=128, genes=100, dropout=0.0)
    packed, padded = BestModel(size).to(device).train(), PublishedModel(size).to(device).train()
    packed.load_state_dict(padded.state_dict())
    state = torch.random.get_rng_state()
    cells = make_batch(lengths, size, False).map(lambda part: part.to(device))
    torch.random.set_rng_state(state)
    batch = make_batch(lengths, size, False, packed=True).map(lambda part: part.to(device))

    with sdpa_kernel(SDPBackend.FLASH_ATTENTION) if device.type == "cuda" else contextlib.nullcontext():
        ours = PACKED[way](*given, 0.0, batch)
        dropped = [PACKED[way](given[0], given[1], torch.ones_like(given[2]), 0.2, batch) for _ in range(2)]
        with torch.autocast(device.type, torch.bfloat16):
            logits = packed(batch, PACKED[way])
    alone = [F.scaled_dot_product_attention(*cell.transpose(1, 2)) for cell in exact.split(lengths, 1)]
    theirs = torch.cat(alone, 1).transpose(0, 1)
    weight = torch.randn_like(theirs)
    gradients = [torch.autograd.grad((out * weight).sum(), of)[0] for out, of in ((ours, given), (theirs, exact))]
    kept = torch.autograd.grad(dropped[0].float().sum(), given)[0]

    found = {"output": apart(ours, theirs), "gradients": apart(*gradients)}
    found["logits"] = apart(logits, padded(cells.ids, cells.values)[0])
    if not (found["output"] < 0.02 and found["gradients"] < 0.02 and found["logits"] < 0.05):
        raise AssertionError(f"differs from padded attention: {found}")
    if torch.equal(*dropped) or abs(dropped[0].float().mean().item() - 1) > 0.05 or not kept.isfinite().all():
        raise AssertionError("its dropout does not work")
    return found


# Timing


class Bench:
    def __init__(self, options):
        self.options = options
        self.device = torch.device(options.device)
        self.cuda = self.device.type == "cuda"
        self.size = TINY if options.tiny else Size()
        self.deadline = START + options.budget
        self.card = torch.cuda.get_device_name() if self.cuda else "cpu"
        self.free = torch.cuda.mem_get_info()[0] if self.cuda else 0
        self.batches = self.lengths()
        self.way = None

    def lengths(self):
        with open(self.options.lengths, encoding="utf8") as file:
            batches = json.load(file)
        small = [batch[:: self.size.cells_by] for batch in batches]
        return [[max(2, length // self.size.tokens_by) for length in batch] for batch in small]

    def emit(self, **fields):
        print(json.dumps({**fields, "card": self.card, "torch": torch.__version__}), flush=True)

    def sync(self):
        if self.cuda:
            torch.cuda.synchronize()

    def mark(self):
        if not self.cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def between(self, marks):
        gap = (lambda a, b: a.elapsed_time(b)) if self.cuda else (lambda a, b: (b - a) * 1e3)
        return [round(gap(a, b), 3) for a, b in zip(marks, marks[1:])]

    def late(self):
        return time.perf_counter() > self.deadline

    def clear(self):
        gc.collect()
        if self.cuda:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()

    def peaks(self):
        if not self.cuda:
            return {"peak_gb": None, "reserved_gb": None, "memory_gb": None}
        held = self.free - torch.cuda.mem_get_info()[0]
        all_bytes = (torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved(), held)
        return dict(zip(("peak_gb", "reserved_gb", "memory_gb"), (round(b / 1e9, 3) for b in all_bytes)))

    def stream_way(self):
        """The first of the ways without padding that works here, or batches of like lengths."""
        ask = self.options.stream
        for way in PACKED if ask == "auto" else [ask] if ask in PACKED else []:
            try:
                found = check_packed(self.device, way)
                self.emit(check=way, **{name: round(value, 5) for name, value in found.items()})
                return way
            except Exception as error:
                self.emit(check=way, error=brief(error))
        return "bucketed"

    def trainer(self, case, way):
        if way != "best":
            return Published(self.size, self.device, way == "fp16")
        if case == "stream":
            self.way = self.way or self.stream_way()
            return Best(self.size, self.device, self.way)
        return Best(self.size, self.device, "dense")

    def warm_up(self, trainer, batches):
        for batch in batches:
            trainer.step(batch)
        self.sync()

    def fixed(self, trainer, case):
        cells, tokens = map(int, case.split("x"))
        lengths = [tokens // self.size.tokens_by] * (cells // self.size.cells_by)
        batches = [make_batch(lengths, self.size, self.cuda) for _ in range(WARM_UP + TIMED)]
        self.warm_up(trainer, batches[:WARM_UP])
        times = []
        for batch in batches[WARM_UP:]:
            if times and self.late():
                break
            self.sync()
            start = time.perf_counter()
            loss = trainer.step(batch)
            self.sync()
            times.append(round((time.perf_counter() - start) * 1e3, 3))
        ms = statistics.median(times)
        return {"ms": round(ms, 3), "ms_all": times, "cells_per_s": round(len(lengths) / ms * 1e3, 2)}, loss

    def stream(self, trainer):
        way = trainer.way if isinstance(trainer, Best) else "padded"
        lengths = bucketed(self.batches) if way == "bucketed" else self.batches
        packed = way in PACKED
        longest = max(map(max, lengths))
        warm = [[longest] * len(lengths[0])] * STREAM_WARM_UP
        made = [make_batch(each, self.size, self.cuda, packed) for each in [*warm, *lengths]]
        self.warm_up(trainer, made[:STREAM_WARM_UP])
        marks, done = [self.mark()], 0
        start = time.perf_counter()
        for batch, each in zip(made[STREAM_WARM_UP:], lengths):
            if done and self.late():
                break
            loss = trainer.step(batch)
            marks.append(self.mark())
            done += len(each)
        self.sync()
        seconds = time.perf_counter() - start
        steps = len(marks) - 1
        found = {"ms": round(seconds * 1e3 / steps, 3), "ms_all": self.between(marks)}
        share = 0.0 if packed else padding(lengths)
        return {
            **found,
            **{"cells_per_s": round(done / seconds, 2), "seconds": round(seconds, 4)},
            **{"batches": f"{steps} of {len(lengths)}", "padding": round(share, 4)},
        }, loss

    def measure(self, case, way):
        torch.manual_seed(0)
        trainer = self.trainer(case, way)
        self.clear()
        found, loss = self.stream(trainer) if case == "stream" else self.fixed(trainer, case)
        return {**found, **self.peaks(), "loss": round(float(loss), 4), "note": trainer.note()}

    def run(self):
        who = {"best": "best bf16", "fp16": "published fp16", "fp32": "published fp32"}
        for case, way in ORDER:
            if case not in self.options.cases.split(",") or way not in self.options.ways.split(","):
                continue
            fields = {"who": f"pytorch {who[way]}", "case": case}
            if self.late():
                self.emit(**fields, skipped=f"the budget of {self.options.budget:g} s is spent")
                continue
            begun = time.perf_counter()
            try:
                fields |= self.measure(case, way)
            except torch.OutOfMemoryError as error:
                fields |= {"error": "out of memory", **self.peaks(), "note": brief(error)}
            except Exception as error:
                fields |= {"error": brief(error)}
            self.emit(**fields, took_s=round(time.perf_counter() - begun, 1))
            self.clear()
        self.emit(done=True, seconds=round(time.perf_counter() - START, 1))


def brief(error):
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else ''}"[:160]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--device", default="cuda")
    add("--cases", default="stream,8x600,32x1501,32x600,8x1501", help="of these")
    add("--ways", default="best,fp16,fp32", help="of these; the last two are `published`")
    add("--lengths", metavar="FILE", required=True, help="JSON: lengths of the cells of each batch of the stream")
    add("--budget", type=float, default=60, metavar="SECONDS", help="no case starts after this (60)")
    add("--stream", default="auto", choices=["auto", *PACKED, "bucketed"], help="how `best` takes the stream")
    add("--tiny", action="store_true", help="a small model and short cells, to try the program")
    options = parser.parse_args()
    torch.set_float32_matmul_precision("high")
    if options.tiny and options.device == "cpu":
        torch.set_num_threads(1)
    Bench(options).run()


if __name__ == "__main__":
    main()
