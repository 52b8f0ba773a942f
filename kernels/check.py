"""
Runs every kernel of kernels.json in Triton's interpreter, on the CPU, in the
configuration that is shipped, and compares with float64 autograd of torch.
Needs numpy < 2.4 (tested: 2.2.6), with which Triton 3.6.0's interpreter works.

The cases take a launcher run(key, arguments, **sizes); device_check.py gives
them one that launches the PTX files on a GPU.
"""
import json, math, os, re, sys, time, warnings
import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "kernels.json")) as f:
    RECORDS = json.load(f)["kernels"]
NAN = float("nan")
C_TYPES = {torch.float16: "half*", torch.float32: "float*", torch.int32: "int32_t*"}
failures = 0


def plan(key, arguments, sizes):
    """the record, its visible arguments by name and the grid of a launch"""
    record = RECORDS[key]
    names = [a["name"] for a in record["arguments"] if not a.get("hidden")]
    assert len(names) == len(arguments), (key, names)
    named = dict(zip(names, arguments))
    for a in record["arguments"]:
        value = named.get(a["name"])
        if isinstance(value, torch.Tensor):
            assert C_TYPES[value.dtype] == a["type"] and value.is_contiguous(), (key, a)
    scope = {**record["blocks"], **named, **sizes}
    grid = [int(eval(re.sub(r"ceil\((\w+)/(\w+)\)", r"-(-\1 // \2)", g).replace("D/BC", "D//BC"), {}, scope))
            for g in record["grid"]]
    return record, named, grid


class Interpreter:
    device = "cpu"

    def __init__(self, generation):
        os.environ["TRITON_INTERPRET"] = "1"
        import kernels
        self.kernels, self.generation = kernels, generation

    def __call__(self, key, *arguments, **sizes):
        record, named, grid = plan(f"{key}-sm{self.generation}", arguments, sizes)
        getattr(self.kernels, record["entry"])[tuple(grid)](**named, **record["blocks"], **record.get("flags", {}))


def fail(what):
    global failures
    failures += 1
    print("  FAIL", what, flush=True)


def report(name, got, want, limit, floor=1e-12):
    """largest difference over the largest reference magnitude (or floor, where that is near 0)"""
    got, want = got.double(), want.double()
    error = ((got - want).abs().max() / want.abs().max().clamp_min(floor)).item()
    print(f"  {name:8s} {error:.1e} of {limit:.0e}", end="", flush=True)
    if not (torch.isfinite(got).all() and error <= limit):
        fail(name)


class Make:
    """random inputs and NaN-filled outputs on a device"""

    def __init__(self, run, p):
        self.device, self.generator = run.device, torch.Generator(run.device).manual_seed(7)
        self.threshold, self.boost = int(-2**31 + p * 2**32), 1 / (1 - p)

    def normal(self, *shape, half=False):
        r = torch.randn(*shape, generator=self.generator, device=self.device)
        return r.half() if half else r

    def keys(self, *shape):
        r = torch.randint(-2**31, 2**31 - 1, shape, generator=self.generator, device=self.device)
        return r.to(torch.int32) | 1

    def empty(self, *shape, half=False):
        return torch.full(shape, NAN, device=self.device, dtype=torch.float16 if half else torch.float32)

    def keep(self, *factors):
        """the mask, the wrapping product in exact steps in int64, and the factor of what is kept"""
        r = factors[0].long()
        for f in factors[1:]:
            r = (r * f.long() + 2**31) % 2**32 - 2**31
        return (r >= self.threshold) * self.boost


def leaves(*tensors):
    return [t.double().requires_grad_() for t in tensors]


def attention(run, B, N, H, lengths, p, spread=1.0, offset=0.0):
    print(f"\nattention B={B} N={N} H={H} lengths={lengths} p={p} spread={spread} offset={offset}")
    DH = 64
    d, scale, make = H * DH, DH ** -0.5, Make(run, p)
    qkv, g = make.normal(B, N, 3 * d, half=True), make.normal(B, N, d, half=True)
    qkv[..., :d] *= spread
    if offset:      # a shared direction that pushes every score far below zero
        qkv[..., 0:d:DH] = offset / scale
        qkv[..., d:2 * d:DH] = -20.0
    L = torch.tensor(lengths, dtype=torch.int32, device=run.device)
    row_keys, column_keys, head_keys = make.keys(B, N), make.keys(B, N), make.keys(H)
    pad = torch.arange(N, device=run.device)[None, :] >= L[:, None]
    keep = make.keep(row_keys[:, None, :, None], head_keys[None, :, None, None], column_keys[:, None, None, :])
    (x,) = leaves(qkv)
    q, k, v = (x[..., n * d:n * d + d].view(B, N, H, DH).transpose(1, 2) for n in range(3))
    dead = pad[:, None, :, None]
    s = (q @ k.transpose(2, 3) * scale).masked_fill(pad[:, None, None, :], -math.inf).masked_fill(dead, 0.0)
    lse = torch.logsumexp(s, -1)
    weights = (s - lse[..., None]).exp().masked_fill(dead, 0.0) * keep
    o = (weights @ v).transpose(1, 2).reshape(B, N, d)
    g64 = g.double().masked_fill(pad[..., None], 0.0)
    o.backward(g64)
    qkv[pad], g[pad] = NAN, NAN
    out, dqkv = make.empty(B, N, d, half=True), make.empty(B, N, 3 * d, half=True)
    lse2, delta = make.empty(B, H, N), make.empty(B, H, N)
    masks, last = (row_keys, column_keys, head_keys), (N, H, make.threshold, scale, make.boost)
    run("attn_fwd", qkv, L, *masks, out, lse2, *last, B=B)
    run("attn_delta", out, g, L, delta, N, H, B=B)
    run("attn_bwd_dkdv", qkv, g, lse2, delta, L, *masks, dqkv, *last, B=B)
    run("attn_bwd_dq", qkv, g, lse2, delta, L, *masks, dqkv, *last, B=B)
    report("out", out, o.detach(), 2e-3)
    report("lse2", lse2, (lse / math.log(2)).detach().masked_fill(pad[:, None, :], 0.0), 1e-5)
    report("delta", delta, (g64 * o).detach().view(B, N, H, DH).sum(-1).transpose(1, 2), 2e-3)
    # the offset makes dq a sum of large terms that cancel
    # with one key dq and dk are exactly 0 and only rounding is left: then compare by the size of dv
    floor = 0.05 * x.grad[..., 2 * d:].abs().max().item()
    for n, name in enumerate(("dq", "dk", "dv")):
        part = slice(n * d, n * d + d)
        report(name, dqkv[..., part], x.grad[..., part], 1e-2 if offset else 4e-3, floor)
    if not all((t[pad] == 0).all() for t in (out, dqkv, lse2.transpose(1, 2), delta.transpose(1, 2))):
        fail("padding is not zero")


def norm(run, T, p, kind, strip, in_place=False):
    print(f"\nnorm T={T} p={p} {kind} strip={strip} in_place={in_place}")
    D, make = 512, Make(run, p)
    x, bias, weight, shift = make.normal(T, D, half=True), make.normal(D), make.normal(D), make.normal(D)
    residual = make.normal(T, D) * 2 + 0.5
    weight[3] = 0.0
    row_keys, column_keys = make.keys(T), make.keys(D)
    x6, b6, r6, w6, s6 = leaves(x, bias, residual, weight, shift)
    s = r6 + (x6 + b6) * make.keep(row_keys[:, None], column_keys[None, :])
    want = torch.nn.functional.layer_norm(s, (D,), w6, s6, 1e-5)
    dy, dy16 = make.normal(T, D), make.normal(T, D, half=True)
    want.backward(dy.double() * (kind != "dy16") + dy16.double() * (kind != "dy"))
    y, y16, xhat = (residual if in_place else make.empty(T, D)), make.empty(T, D, half=True), make.empty(T, D, half=True)
    rstd = make.empty(T)
    run("norm_fwd", x, bias, residual, weight, shift, row_keys, column_keys, y, y16, xhat, rstd,
        T, make.threshold, 1e-5, make.boost)
    again = make.empty(T, D, half=True)
    run("norm_again", xhat, weight, shift, again, T)
    report("y16 again", again, y16, 0.0)
    P = -(-T // strip)
    dres, dx = (dy if in_place and kind != "dy16" else make.empty(T, D)), make.empty(T, D, half=True)
    partials, sums = make.empty(3, P, D), make.empty(3, D)
    run(f"norm_bwd-{kind}", None if kind == "dy16" else dy, None if kind == "dy" else dy16, xhat, rstd, weight,
        row_keys, column_keys, dres, dx, partials, T, strip, make.threshold, make.boost)
    run("sum_rows-d512", partials, *sums, P, G=3)
    deviation = s.detach().std(1, correction=0)
    report("y", y, want.detach(), 1e-5)
    report("y16", y16, want.detach(), 1e-3)
    report("xhat", xhat, ((s - s.mean(1, keepdim=True)).detach() / deviation[:, None]), 1e-3)
    report("rstd", rstd, (deviation ** 2 + 1e-5).rsqrt(), 1e-5)
    report("dres", dres, r6.grad, 1e-3)
    report("dx", dx, x6.grad, 1e-3)
    for name, got, leaf in zip(("dweight", "dshift", "dbias"), sums, (w6, s6, b6)):
        report(name, got, leaf.grad, 1e-3)


def relu(run, T, p, strip, in_place=False):
    print(f"\nrelu T={T} p={p} strip={strip} in_place={in_place}")
    D, make = 512, Make(run, p)
    x, bias, dy = make.normal(T, D, half=True), make.normal(D), make.normal(T, D, half=True)
    row_keys, column_keys = make.keys(T), make.keys(D)
    x6, b6 = leaves(x, bias)
    want = torch.relu(x6 + b6) * make.keep(row_keys[:, None], column_keys[None, :])
    want.backward(dy.double())
    y, dx = (x, dy) if in_place else (make.empty(T, D, half=True), make.empty(T, D, half=True))
    P = -(-T // strip)
    partials, dbias = make.empty(P, D), make.empty(D)
    run("relu_drop_fwd", x, bias, row_keys, column_keys, y, T, make.threshold, make.boost)
    run("relu_drop_bwd", dy, y, dx, partials, T, strip, make.boost)
    run("sum_rows-d512", partials, dbias, None, None, P, G=1)
    report("y", y, want.detach(), 1e-3)
    report("dx", dx, x6.grad, 1e-3)
    report("dbias", dbias, b6.grad, 1e-5)


def columns(run, T, D, strip):
    print(f"\ncolumn sums T={T} D={D} strip={strip}")
    make = Make(run, 0.0)
    x = make.normal(T, D, half=True)
    P = -(-T // strip)
    partials, total = make.empty(P, D), make.empty(D)
    run(f"column_sums-d{D}", x, partials, T, strip)
    run(f"sum_rows-d{D}", partials, total, None, None, P, G=1)
    report("sum", total, x.double().sum(0), 1e-5)


def adam(run, n):
    print(f"\nadam n={n}")
    make, spare = Make(run, 0.0), 64
    w, g = make.normal(n + spare), make.normal(n + spare) * 50
    m, v = make.normal(n + spare) * 0.1, make.normal(n + spare).square() * 0.01
    scalars = torch.tensor([3e-3, 0.3, 0.02, 1e-4, 0.9, 0.98, 1e-8, 0.0], device=run.device)
    rate, correction, factor, decay, beta1, beta2, epsilon, _ = scalars.tolist()      # as rounded to float32
    w6, m6, v6, g6 = (t[:n].double() for t in (w, m, v, g))
    gr = g6 * factor
    m6, v6 = beta1 * m6 + (1 - beta1) * gr, beta2 * v6 + (1 - beta2) * gr * gr
    w6 = w6 - decay * w6 - rate * m6 / (v6.sqrt() / correction + epsilon)
    outs = [make.empty(n + spare) for _ in range(3)] + [make.empty(n + spare, half=True)]
    again = outs[3].clone()
    run("adam", w, m, v, g, scalars, *outs, n)
    for name, got, want in zip("wmv", outs, (w6, m6, v6)):
        report(name, got[:n], want, 1e-6)
    report("w16", outs[3][:n], w6, 1e-3)
    if not all(t[n:].isnan().all() for t in outs):
        fail("written past n")
    run("adam", w, m, v, g, scalars, w, m, v, again, n)
    if not all(torch.equal(a[:n], b[:n]) for a, b in zip(outs, (w, m, v, again))):
        fail("in place differs")


def finish(started):
    print(f"\n{time.time() - started:.0f} s, {failures} failures")
    sys.exit(failures > 0)


if __name__ == "__main__":
    started = time.time()
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    torch.set_num_threads(2)
    for generation in (80, 90):
        print(f"\n--- sm{generation}")
        run = Interpreter(generation)
        attention(run, 2, 150, 2, [150, 97], 0.2)
        attention(run, 2, 150, 2, [150, 97], 0.0)
        attention(run, 3, 200, 2, [200, 1, 128], 0.2)
        attention(run, 3, 200, 1, [0, 129, 64], 0.5)
        attention(run, 1, 1, 2, [1], 0.0)
        attention(run, 2, 150, 1, [150, 97], 0.2, spread=6.0)
        attention(run, 2, 150, 1, [149, 97], 0.2, offset=12.0)          # scores near -240
    norm(run, 37, 0.2, "both", 10)
    norm(run, 37, 0.0, "dy", 8)
    norm(run, 5, 0.2, "dy16", 5)
    norm(run, 9, 0.5, "both", 3, in_place=True)
    relu(run, 37, 0.2, 10)
    relu(run, 10, 0.0, 16, in_place=True)
    columns(run, 77, 1536, 10)
    columns(run, 9, 512, 16)
    adam(run, 5008)
    finish(started)
