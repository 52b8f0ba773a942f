"""
GPU kernels of the transformer in Triton, compiled ahead of time to PTX by
build.py and launched through the CUDA driver: fused attention with dropout,
residual + layer norm, relu + dropout, column sums, Adam.

Attention method: Dao et al. 2022, "FlashAttention: Fast and Memory-Efficient
Exact Attention with IO-Awareness" (online softmax over key blocks, the score
matrix never reaches memory, the backward pass recomputes it from the stored
log-sum-exp) and Dao 2023, "FlashAttention-2" (one program per query block in
the forward pass, one division by the row sum at the end; backward split into a
pass by key blocks for dK, dV and a pass by query blocks for dQ).  No kernel
uses atomics: results are bitwise reproducible.

Attention, shapes and types (contiguous, pointers 16-byte aligned), d = H*DH:
  qkv, dqkv   : float16 [B, N, 3d], columns q | k | v, head h at h*DH of each third
  out, d_out  : float16 [B, N, d], head h at h*DH
  lengths     : int32 [B]; rows >= lengths[b] are trailing padding, which may hold
                NaN in the inputs and is written as zeros in the outputs
  row_keys, column_keys : int32 [B, N];  head_keys : int32 [H]
  lse2, delta : float32 [B, H, N];  lse2 = log2(sum_j exp(scale*q_i.k_j)), 0 in padding
  N, H, threshold int32; scale = 1/sqrt(DH) (any positive number), boost = 1/(1-p) float32
N*3d must stay below 2^31; B*N*3d need not.

Dropout is always applied, with the mask
  keep(b,h,i,j) = (int32)(row_keys[b,i]*head_keys[h]*column_keys[b,j]) >= threshold
(wrapping 32-bit products; for a matrix [T, D]: row_keys[i]*column_keys[j]).
With odd, uniform keys threshold = -2^31 + p*2^32 drops the fraction p;
threshold = -2^31 (with boost = 1) keeps everything, i.e. no dropout.  Below,
"o keep" means: zero where not kept.
"""

import triton
import triton.language as tl

LOG2E = tl.constexpr(1.4426950408889634)

# ----------------------------------------------------------------------------
# attention, forward
# ----------------------------------------------------------------------------


@triton.jit
def _fwd_span(acc, top, total, q_tile, k_base, v_base, column_base, row_factor, kv_tile, cols,
              lo, hi, length, stride, threshold, exponent,
              BN: tl.constexpr, MASKED: tl.constexpr, STAGES: tl.constexpr):
    """Folds the keys lo..hi-1 (step BN) into the running softmax of one query block."""
    for j in tl.range(lo, hi, BN, num_stages=STAGES):
        shift = j * stride
        if MASKED:
            live = cols < length - j
            k_tile = tl.load(k_base + shift + kv_tile, mask=live[:, None], other=0.0)
        else:
            k_tile = tl.load(k_base + shift + kv_tile)
        s = tl.dot(q_tile, tl.trans(k_tile))
        if MASKED:
            s = tl.where(live[None, :], s, float("-inf"))
        new_top = tl.maximum(top, tl.max(s, 1) * exponent)
        p = tl.math.exp2(s * exponent - new_top[:, None])
        fade = tl.math.exp2(top - new_top)
        total = total * fade + tl.sum(p, 1)
        if MASKED:
            column = tl.load(column_base + j + cols, mask=live, other=0)
            v_tile = tl.load(v_base + shift + kv_tile, mask=live[:, None], other=0.0)
        else:
            column = tl.load(column_base + j + cols)
            v_tile = tl.load(v_base + shift + kv_tile)
        p = tl.where(row_factor[:, None] * column[None, :] >= threshold, p, 0.0)
        acc = tl.dot(p.to(tl.float16), v_tile, acc * fade[:, None])
        top = new_top
    return acc, top, total


@triton.jit(do_not_specialize=["N", "H", "threshold", "scale", "boost"])
def attn_fwd(qkv, lengths, row_keys, column_keys, head_keys, out, lse2, N, H, threshold, scale, boost,
             DH: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, STAGES: tl.constexpr):
    """out = boost * (softmax(scale * q k^T) o keep) v ; lse2 as above.  grid (ceil(N/BM), H, B)."""
    first = tl.program_id(0) * BM
    h = tl.program_id(1)
    b = tl.program_id(2)
    length = tl.minimum(tl.load(lengths + b), N)
    d = H * DH
    stride = 3 * d
    q = qkv + b.to(tl.int64) * N * stride + h * DH
    k = q + d
    v = k + d
    keys_base = b.to(tl.int64) * N
    exponent = scale * LOG2E

    rows = first + tl.arange(0, BM)
    cols = tl.arange(0, BN)
    width = tl.arange(0, DH)
    kv_tile = cols[:, None] * stride + width[None, :]
    valid = rows < length
    q_tile = tl.load(q + rows[:, None] * stride + width[None, :], mask=valid[:, None], other=0.0)
    row_factor = tl.load(row_keys + keys_base + rows, mask=valid, other=0) * tl.load(head_keys + h)

    acc = tl.zeros([BM, DH], tl.float32)
    top = tl.full([BM], float("-inf"), tl.float32)
    total = tl.zeros([BM], tl.float32)
    hi = tl.where(first < length, length, 0)          # a padded block loops over nothing
    full = hi - hi % BN
    acc, top, total = _fwd_span(acc, top, total, q_tile, k, v, column_keys + keys_base, row_factor, kv_tile, cols,
                                0, full, length, stride, threshold, exponent, BN, False, STAGES)
    acc, top, total = _fwd_span(acc, top, total, q_tile, k, v, column_keys + keys_base, row_factor, kv_tile, cols,
                                full, hi, length, stride, threshold, exponent, BN, True, 1)

    total = tl.where(valid, total, 1.0)
    o = tl.where(valid[:, None], acc * (boost / total)[:, None], 0.0)
    inside = rows < N
    tl.store(out + b.to(tl.int64) * N * d + h * DH + rows[:, None] * d + width[None, :],
             o.to(tl.float16), mask=inside[:, None])
    stat_base = (b.to(tl.int64) * H + h) * N
    tl.store(lse2 + stat_base + rows, tl.where(valid, top + tl.math.log2(total), 0.0), mask=inside)


# ----------------------------------------------------------------------------
# attention, backward.  With P the softmax and G = d_out:
#   dV = boost (P o keep)^T G     dP = boost (G V^T) o keep
#   dS = P o (dP - delta)         dQ = scale dS K     dK = scale dS^T Q
# The loops work with dP/boost and delta/boost; the factor joins scale at the end.
# ----------------------------------------------------------------------------


@triton.jit(do_not_specialize=["N", "H"])
def attn_delta(out, d_out, lengths, delta, N, H, DH: tl.constexpr, BM: tl.constexpr):
    """delta[b,h,i] = sum_c d_out*out, 0 in padding.  grid (ceil(N/BM), H, B)."""
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    h = tl.program_id(1)
    b = tl.program_id(2)
    length = tl.minimum(tl.load(lengths + b), N)
    stride = H * DH
    base = b.to(tl.int64) * N * stride + h * DH
    tile = rows[:, None] * stride + tl.arange(0, DH)[None, :]
    valid = (rows < length)[:, None]
    o = tl.load(out + base + tile, mask=valid, other=0.0).to(tl.float32)
    g = tl.load(d_out + base + tile, mask=valid, other=0.0).to(tl.float32)
    tl.store(delta + (b.to(tl.int64) * H + h) * N + rows, tl.sum(o * g, 1), mask=rows < N)


@triton.jit(do_not_specialize=["N", "H", "threshold", "scale", "boost"])
def attn_bwd_dkdv(qkv, d_out, lse2, delta, lengths, row_keys, column_keys, head_keys, dqkv,
                  N, H, threshold, scale, boost,
                  DH: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, STAGES: tl.constexpr):
    """The k and v thirds of dqkv for one key block, looping over query blocks.  grid (ceil(N/BN), H, B).

    Works on transposed scores [BN, BM].  Needs no masking of the scores: a
    padded query row loads q = d_out = lse2 = delta = 0, which gives P = 1 but
    dP - delta = 0 and a zero factor in both products; a padded key only
    spoils its own output row, which is replaced by zeros.
    """
    first = tl.program_id(0) * BN
    h = tl.program_id(1)
    b = tl.program_id(2)
    length = tl.minimum(tl.load(lengths + b), N)
    d = H * DH
    stride = 3 * d
    base = b.to(tl.int64) * N * stride + h * DH
    g_base = b.to(tl.int64) * N * d + h * DH
    keys_base = b.to(tl.int64) * N
    stat_base = (b.to(tl.int64) * H + h) * N
    exponent = scale * LOG2E

    cols = first + tl.arange(0, BN)
    steps = tl.arange(0, BM)
    width = tl.arange(0, DH)
    col_tile = cols[:, None] * stride + width[None, :]
    valid = cols < length
    k_tile = tl.load(qkv + base + d + col_tile, mask=valid[:, None], other=0.0)
    v_tile = tl.load(qkv + base + 2 * d + col_tile, mask=valid[:, None], other=0.0)
    unboost = 1.0 / boost
    col_factor = tl.load(column_keys + keys_base + cols, mask=valid, other=0) * tl.load(head_keys + h)

    dk = tl.zeros([BN, DH], tl.float32)
    dv = tl.zeros([BN, DH], tl.float32)
    hi = tl.where(first < length, length, 0)
    for i in tl.range(0, hi, BM, num_stages=STAGES):
        live = steps < length - i
        q_tile = tl.load(qkv + base + (i + steps)[:, None] * stride + width[None, :], mask=live[:, None], other=0.0)
        top = tl.load(lse2 + stat_base + i + steps, mask=live, other=0.0)
        s = tl.dot(k_tile, tl.trans(q_tile))
        p = tl.math.exp2(s * exponent - top[None, :])
        g_tile = tl.load(d_out + g_base + (i + steps)[:, None] * d + width[None, :], mask=live[:, None], other=0.0)
        dp = tl.dot(v_tile, tl.trans(g_tile))
        mean = tl.load(delta + stat_base + i + steps, mask=live, other=0.0)
        row = tl.load(row_keys + keys_base + i + steps, mask=live, other=0)
        keep = col_factor[:, None] * row[None, :] >= threshold
        ds = p * (tl.where(keep, dp, 0.0) - (mean * unboost)[None, :])
        dk = tl.dot(ds.to(tl.float16), q_tile, dk)
        dv = tl.dot(tl.where(keep, p, 0.0).to(tl.float16), g_tile, dv)

    inside = (cols < N)[:, None]
    dk = tl.where(valid[:, None], dk * (scale * boost), 0.0)
    dv = tl.where(valid[:, None], dv * boost, 0.0)
    tl.store(dqkv + base + d + col_tile, dk.to(tl.float16), mask=inside)
    tl.store(dqkv + base + 2 * d + col_tile, dv.to(tl.float16), mask=inside)


@triton.jit
def _dq_span(acc, q_tile, g_tile, top, mean, k_base, v_base, column_base, row_factor, kv_tile, cols,
             lo, hi, length, stride, threshold, exponent,
             BN: tl.constexpr, MASKED: tl.constexpr, STAGES: tl.constexpr):
    for j in tl.range(lo, hi, BN, num_stages=STAGES):
        shift = j * stride
        if MASKED:
            live = cols < length - j
            k_tile = tl.load(k_base + shift + kv_tile, mask=live[:, None], other=0.0)
            v_tile = tl.load(v_base + shift + kv_tile, mask=live[:, None], other=0.0)
            column = tl.load(column_base + j + cols, mask=live, other=0)
        else:
            k_tile = tl.load(k_base + shift + kv_tile)
            v_tile = tl.load(v_base + shift + kv_tile)
            column = tl.load(column_base + j + cols)
        s = tl.dot(q_tile, tl.trans(k_tile))
        dp = tl.dot(g_tile, tl.trans(v_tile))
        p = tl.math.exp2(s * exponent - top[:, None])
        if MASKED:                       # exp2(-lse2) of a padded key may overflow
            p = tl.where(live[None, :], p, 0.0)
        dp = tl.where(row_factor[:, None] * column[None, :] >= threshold, dp, 0.0)
        ds = p * (dp - mean[:, None])
        acc = tl.dot(ds.to(tl.float16), k_tile, acc)
    return acc


@triton.jit(do_not_specialize=["N", "H", "threshold", "scale", "boost"])
def attn_bwd_dq(qkv, d_out, lse2, delta, lengths, row_keys, column_keys, head_keys, dqkv,
                N, H, threshold, scale, boost,
                DH: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, STAGES: tl.constexpr):
    """The q third of dqkv for one query block, looping over key blocks.  grid (ceil(N/BM), H, B)."""
    first = tl.program_id(0) * BM
    h = tl.program_id(1)
    b = tl.program_id(2)
    length = tl.minimum(tl.load(lengths + b), N)
    d = H * DH
    stride = 3 * d
    base = b.to(tl.int64) * N * stride + h * DH
    keys_base = b.to(tl.int64) * N
    stat_base = (b.to(tl.int64) * H + h) * N
    exponent = scale * LOG2E
    k = qkv + base + d
    v = k + d

    rows = first + tl.arange(0, BM)
    cols = tl.arange(0, BN)
    width = tl.arange(0, DH)
    row_tile = rows[:, None] * stride + width[None, :]
    kv_tile = cols[:, None] * stride + width[None, :]
    valid = rows < length
    q_tile = tl.load(qkv + base + row_tile, mask=valid[:, None], other=0.0)
    g_tile = tl.load(d_out + b.to(tl.int64) * N * d + h * DH + rows[:, None] * d + width[None, :],
                     mask=valid[:, None], other=0.0)
    # a padded row gets lse2 = +inf, so that its P is 0
    top = tl.load(lse2 + stat_base + rows, mask=valid, other=float("inf"))
    mean = tl.load(delta + stat_base + rows, mask=valid, other=0.0) / boost
    row_factor = tl.load(row_keys + keys_base + rows, mask=valid, other=0) * tl.load(head_keys + h)

    acc = tl.zeros([BM, DH], tl.float32)
    hi = tl.where(first < length, length, 0)
    full = hi - hi % BN
    acc = _dq_span(acc, q_tile, g_tile, top, mean, k, v, column_keys + keys_base, row_factor, kv_tile, cols,
                   0, full, length, stride, threshold, exponent, BN, False, STAGES)
    acc = _dq_span(acc, q_tile, g_tile, top, mean, k, v, column_keys + keys_base, row_factor, kv_tile, cols,
                   full, hi, length, stride, threshold, exponent, BN, True, 1)
    tl.store(dqkv + base + row_tile, tl.where(valid[:, None], acc * (scale * boost), 0.0).to(tl.float16),
             mask=(rows < N)[:, None])


# ----------------------------------------------------------------------------
# residual + dropout(x + bias), then layer norm
# ----------------------------------------------------------------------------


@triton.jit
def _normalise(s, epsilon, D: tl.constexpr):
    """(s - mean) * rstd and rstd = 1/sqrt(variance + epsilon) of each row, variance divided by D."""
    c = s - (tl.sum(s, 1) * (1.0 / D))[:, None]
    scale = tl.rsqrt(tl.sum(c * c, 1) * (1.0 / D) + epsilon)
    return c * scale[:, None], scale


@triton.jit
def _narrow(n16, weight, shift):
    """What norm_fwd and norm_again both make of the rounded xhat; fma is spelt out, so that both round alike."""
    return tl.math.fma(n16.to(tl.float32), tl.broadcast_to(weight[None, :], n16.shape),
                       tl.broadcast_to(shift[None, :], n16.shape)).to(tl.float16)


@triton.jit(do_not_specialize=["T", "threshold", "epsilon", "boost"])
def norm_fwd(x, bias, residual, weight, shift, row_keys, column_keys, y, y16, xhat, rstd,
             T, threshold, epsilon, boost, D: tl.constexpr, ROWS: tl.constexpr):
    """s = residual + ((x + bias) * boost) o keep ; y = (s - mean) * rstd * weight + shift.

    x f16 [T,D], residual f32 [T,D] (y may be the same buffer), bias, weight, shift f32 [D],
    row_keys i32 [T], column_keys i32 [D].  Out: y f32 [T,D], y16 f16 [T,D] (the same, of the rounded xhat),
    xhat f16 [T,D] = (s-mean)*rstd, rstd f32 [T].  grid (ceil(T/ROWS)).
    """
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    cols = tl.arange(0, D)
    inside = rows < T
    mask = inside[:, None]
    tile = rows.to(tl.int64)[:, None] * D + cols[None, :]
    r = tl.load(residual + tile, mask=mask, other=0.0)
    a = (tl.load(x + tile, mask=mask, other=0.0).to(tl.float32) + tl.load(bias + cols)[None, :]) * boost
    row = tl.load(row_keys + rows, mask=inside, other=0)
    column = tl.load(column_keys + cols)
    s = r + tl.where(row[:, None] * column[None, :] >= threshold, a, 0.0)
    n, scale = _normalise(s, epsilon, D)
    o = n * tl.load(weight + cols)[None, :] + tl.load(shift + cols)[None, :]
    n16 = n.to(tl.float16)
    tl.store(y + tile, o, mask=mask)
    tl.store(y16 + tile, _narrow(n16, tl.load(weight + cols), tl.load(shift + cols)), mask=mask)
    tl.store(xhat + tile, n16, mask=mask)
    tl.store(rstd + rows, scale, mask=inside)


@triton.jit(do_not_specialize=["T"])
def norm_again(xhat, weight, shift, y16, T, D: tl.constexpr, ROWS: tl.constexpr):
    """y16 of norm_fwd once more, to the bit, from its xhat f16 [T,D], for a backward pass
    that has not kept it.  grid (ceil(T/ROWS))."""
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    cols = tl.arange(0, D)
    mask = (rows < T)[:, None]
    tile = rows.to(tl.int64)[:, None] * D + cols[None, :]
    n = tl.load(xhat + tile, mask=mask, other=0.0)
    tl.store(y16 + tile, _narrow(n, tl.load(weight + cols), tl.load(shift + cols)), mask=mask)


@triton.jit(do_not_specialize=["T", "strip", "threshold", "boost"])
def norm_bwd(dy, dy16, xhat, rstd, weight, row_keys, column_keys, dres, dx, partials, T, strip, threshold, boost,
             D: tl.constexpr, ROWS: tl.constexpr, HAS_DY: tl.constexpr, HAS_DY16: tl.constexpr):
    """Backward of norm_fwd; program p takes the rows p*strip .. p*strip+strip-1.

    The derivative by y is dy (f32 [T,D], HAS_DY) + dy16 (f16 [T,D], HAS_DY16); the one
    that is off is not read (pass 0).  Out: dres f32 [T,D] (may be the buffer dy),
    dx f16 [T,D] = dres o keep * boost, partials f32 [3, P, D], P = grid size: sums over the strip of
      [0] dy*xhat (dweight)   [1] dy (dshift)   [2] dx before rounding (dbias).
    grid (ceil(T/strip)); reduce partials with sum_rows, G = 3.
    """
    program = tl.program_id(0)
    cols = tl.arange(0, D)
    w = tl.load(weight + cols)[None, :]
    column = tl.load(column_keys + cols)[None, :]
    weight_sum = tl.zeros([ROWS, D], tl.float32)
    shift_sum = tl.zeros([ROWS, D], tl.float32)
    bias_sum = tl.zeros([ROWS, D], tl.float32)
    begin = program * strip
    end = tl.minimum(begin + strip, T)
    for i in tl.range(begin, end, ROWS):
        rows = i + tl.arange(0, ROWS)
        inside = rows < end
        mask = inside[:, None]
        tile = rows.to(tl.int64)[:, None] * D + cols[None, :]
        g = tl.zeros([ROWS, D], tl.float32)
        if HAS_DY:
            g += tl.load(dy + tile, mask=mask, other=0.0)
        if HAS_DY16:
            g += tl.load(dy16 + tile, mask=mask, other=0.0).to(tl.float32)
        n = tl.load(xhat + tile, mask=mask, other=0.0).to(tl.float32)
        scale = tl.load(rstd + rows, mask=inside, other=0.0)
        gw = g * w
        c1 = tl.sum(gw, 1) * (1.0 / D)
        c2 = tl.sum(gw * n, 1) * (1.0 / D)
        r = (gw - c1[:, None] - n * c2[:, None]) * scale[:, None]
        tl.store(dres + tile, r, mask=mask)
        row = tl.load(row_keys + rows, mask=inside, other=0)
        r = tl.where(row[:, None] * column >= threshold, r * boost, 0.0)
        tl.store(dx + tile, r.to(tl.float16), mask=mask)
        weight_sum += g * n
        shift_sum += g
        bias_sum += r
    at = partials + program.to(tl.int64) * D + cols
    plane = tl.num_programs(0).to(tl.int64) * D
    tl.store(at, tl.sum(weight_sum, 0))
    tl.store(at + plane, tl.sum(shift_sum, 0))
    tl.store(at + 2 * plane, tl.sum(bias_sum, 0))


# ----------------------------------------------------------------------------
# sums over rows, in two steps: strips to partials, partials to the sum
# ----------------------------------------------------------------------------


@triton.jit(do_not_specialize=["T", "strip"])
def column_sums(x, partials, T, strip, D: tl.constexpr, ROWS: tl.constexpr, BC: tl.constexpr):
    """partials f32 [P, D], P = ceil(T/strip): sums of x f16 [T,D] over each strip of rows.
    grid (ceil(T/strip), D/BC); reduce with sum_rows, G = 1."""
    program = tl.program_id(0)
    cols = tl.program_id(1) * BC + tl.arange(0, BC)
    acc = tl.zeros([ROWS, BC], tl.float32)
    begin = program * strip
    end = tl.minimum(begin + strip, T)
    for i in tl.range(begin, end, ROWS):
        rows = i + tl.arange(0, ROWS)
        tile = rows.to(tl.int64)[:, None] * D + cols[None, :]
        acc += tl.load(x + tile, mask=(rows < end)[:, None], other=0.0).to(tl.float32)
    tl.store(partials + program.to(tl.int64) * D + cols, tl.sum(acc, 0))


@triton.jit(do_not_specialize=["P"])
def sum_rows(partials, first, second, third, P, D: tl.constexpr, BR: tl.constexpr, BC: tl.constexpr):
    """Sums partials f32 [G, P, D] over the middle axis; group g goes to the g-th of the outputs
    first, second, third, each f32 [D] (those beyond G are not touched: pass 0).  grid (D/BC, G)."""
    cols = tl.program_id(0) * BC + tl.arange(0, BC)
    group = tl.program_id(1)
    steps = tl.arange(0, BR)
    base = partials + group.to(tl.int64) * P * D
    acc = tl.zeros([BR, BC], tl.float32)
    for i in tl.range(0, P, BR):
        rows = i + steps
        acc += tl.load(base + rows[:, None] * D + cols[None, :], mask=(rows < P)[:, None], other=0.0)
    total = tl.sum(acc, 0)
    if group == 0:
        tl.store(first + cols, total)
    if group == 1:
        tl.store(second + cols, total)
    if group == 2:
        tl.store(third + cols, total)


# ----------------------------------------------------------------------------
# relu and dropout of the feed-forward layer
# ----------------------------------------------------------------------------


@triton.jit(do_not_specialize=["T", "threshold", "boost"])
def relu_drop_fwd(x, bias, row_keys, column_keys, y, T, threshold, boost,
                  D: tl.constexpr, ROWS: tl.constexpr, BC: tl.constexpr):
    """y f16 [T,D] = relu((x + bias) * boost) o keep; x f16 [T,D], bias f32 [D], keys as in norm_fwd.
    y may be the buffer x.  grid (ceil(T/ROWS), D/BC)."""
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    cols = tl.program_id(1) * BC + tl.arange(0, BC)
    inside = rows < T
    mask = inside[:, None]
    tile = rows.to(tl.int64)[:, None] * D + cols[None, :]
    a = (tl.load(x + tile, mask=mask, other=0.0).to(tl.float32) + tl.load(bias + cols)[None, :]) * boost
    a = tl.where(a < 0.0, 0.0, a)                     # keeps NaN
    row = tl.load(row_keys + rows, mask=inside, other=0)
    column = tl.load(column_keys + cols)
    a = tl.where(row[:, None] * column[None, :] >= threshold, a, 0.0)
    tl.store(y + tile, a.to(tl.float16), mask=mask)


@triton.jit(do_not_specialize=["T", "strip", "boost"])
def relu_drop_bwd(dy, y, dx, partials, T, strip, boost, D: tl.constexpr, ROWS: tl.constexpr, BC: tl.constexpr):
    """dx f16 [T,D] = dy * boost where y > 0 (dropped elements have y = 0), else 0; may be the buffer dy (f16).
    partials f32 [P, D], P = ceil(T/strip): sums of dx before rounding over each strip (dbias).
    grid (ceil(T/strip), D/BC); reduce with sum_rows, G = 1."""
    program = tl.program_id(0)
    cols = tl.program_id(1) * BC + tl.arange(0, BC)
    acc = tl.zeros([ROWS, BC], tl.float32)
    begin = program * strip
    end = tl.minimum(begin + strip, T)
    for i in tl.range(begin, end, ROWS):
        rows = i + tl.arange(0, ROWS)
        mask = (rows < end)[:, None]
        tile = rows.to(tl.int64)[:, None] * D + cols[None, :]
        g = tl.load(dy + tile, mask=mask, other=0.0).to(tl.float32) * boost
        a = tl.load(y + tile, mask=mask, other=0.0)
        g = tl.where(a > 0.0, g, 0.0)
        tl.store(dx + tile, g.to(tl.float16), mask=mask)
        acc += g
    tl.store(partials + program.to(tl.int64) * D + cols, tl.sum(acc, 0))


# ----------------------------------------------------------------------------
# optimiser
# ----------------------------------------------------------------------------


@triton.jit
def adam(w, m, v, g, scalars, w_out, m_out, v_out, w16_out, n, BLOCK: tl.constexpr):
    """One step of Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019) on flat
    f32 vectors of n elements, n a multiple of 16.  scalars f32 [8] in device memory:
    rate, correction, factor, decay, beta1, beta2, epsilon, unused.
      gr = g*factor ; m = beta1*m + (1-beta1)*gr ; v = beta2*v + (1-beta2)*gr*gr
      w = w - decay*w - rate*m / (sqrt(v)/correction + epsilon)
    w_out, m_out, v_out may be w, m, v; w16_out f16 is the rounded new w.  grid (ceil(n/BLOCK))."""
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = at < n
    rate = tl.load(scalars)
    correction = tl.load(scalars + 1)
    factor = tl.load(scalars + 2)
    decay = tl.load(scalars + 3)
    beta1 = tl.load(scalars + 4)
    beta2 = tl.load(scalars + 5)
    epsilon = tl.load(scalars + 6)
    weight = tl.load(w + at, mask=mask, other=0.0)
    gr = tl.load(g + at, mask=mask, other=0.0) * factor
    first = beta1 * tl.load(m + at, mask=mask, other=0.0) + (1.0 - beta1) * gr
    second = beta2 * tl.load(v + at, mask=mask, other=0.0) + (1.0 - beta2) * gr * gr
    step = tl.math.div_rn(rate * first, tl.math.div_rn(tl.math.sqrt_rn(second), correction) + epsilon)
    weight = weight - decay * weight - step
    tl.store(w_out + at, weight, mask=mask)
    tl.store(m_out + at, first, mask=mask)
    tl.store(v_out + at, second, mask=mask)
    tl.store(w16_out + at, weight.to(tl.float16), mask=mask)
