"""
The cases of check.py, and larger ones, on an NVIDIA device: launches the PTX
files of ptx/ through the driver API by kernels.json, as the TypeScript side
does, then times them.  Needs torch with CUDA (memory and reference) but no
Triton.  About 20 s.  usage: device_check.py [--no-time]; exit code 1 on failure
"""
import concurrent.futures, ctypes, os, sys, time
started = time.time()
import torch
import check
from check import RECORDS, HERE, plan

cu = ctypes.CDLL("libcuda.so.1")


def ok(code, what):
    if code:
        text = ctypes.c_char_p()
        cu.cuGetErrorString(code, ctypes.byref(text))
        raise RuntimeError(f"{what}: {code} {text.value}")


class Driver:
    device = "cuda"
    functions = {}

    def __init__(self, generation):
        self.generation = generation

    @classmethod
    def load(cls, record):
        with open(os.path.join(HERE, "ptx", record["file"]), "rb") as f:
            text = f.read() + b"\0"
        module, function = ctypes.c_void_p(), ctypes.c_void_p()
        ok(cu.cuModuleLoadData(ctypes.byref(module), text), "cuModuleLoadData " + record["file"])
        ok(cu.cuModuleGetFunction(ctypes.byref(function), module, record["entry"].encode()), "cuModuleGetFunction")
        if record["sharedBytes"] > 48 * 1024:
            ok(cu.cuFuncSetCacheConfig(function, 1), "cuFuncSetCacheConfig")
            ok(cu.cuFuncSetAttribute(function, 8, record["sharedBytes"]), "cuFuncSetAttribute")
        cls.functions[record["file"]] = function

    @classmethod
    def load_all(cls, generations):
        """the driver compiles PTX while it loads a module: in threads"""
        context = ctypes.c_void_p()
        ok(cu.cuCtxGetCurrent(ctypes.byref(context)), "cuCtxGetCurrent")

        def one(record):
            ok(cu.cuCtxSetCurrent(context), "cuCtxSetCurrent")
            cls.load(record)
        wanted = {r["file"]: r for key, r in RECORDS.items() if int(key[-2:]) in generations}
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            list(pool.map(one, wanted.values()))

    def bind(self, key, *arguments, **sizes):
        """a function that does nothing but launch"""
        record, named, grid = plan(f"{key}-sm{self.generation}", arguments, sizes)
        values = []
        for argument in record["arguments"]:
            value = named.get(argument["name"])
            if argument["type"].endswith("*"):
                address = 0 if value is None else value.data_ptr()
                assert address % 16 == 0, argument
                values.append(ctypes.c_uint64(address))
            else:
                values.append((ctypes.c_int32 if argument["type"] == "int32_t" else ctypes.c_float)(value))
        params = (ctypes.c_void_p * len(values))(*[ctypes.addressof(v) for v in values])
        shape = [ctypes.c_uint(n) for n in (*grid, record["threads"], 1, 1, record["sharedBytes"])]
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        function = self.functions[record["file"]]

        def go(keep=(values, arguments)):
            ok(cu.cuLaunchKernel(function, *shape, stream, params, None), "cuLaunchKernel " + record["file"])
        return go

    def __call__(self, *call, **sizes):
        self.bind(*call, **sizes)()


class Timer:
    """a launcher that times each launch: the best of a few rounds of back-to-back launches"""
    device = "cuda"

    def __init__(self, generation, note):
        self.driver, self.note = Driver(generation), note

    def __call__(self, key, *arguments, **sizes):
        go, best = self.driver.bind(key, *arguments, **sizes), float("inf")
        for _ in range(3):
            go()
        for _ in range(3):
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            begin.record()
            for _ in range(10):
                go()
            end.record()
            end.synchronize()
            best = min(best, begin.elapsed_time(end) * 100)
        print(f"  {key:18s} sm{self.driver.generation} {self.note:12s} {best:8.1f} us", flush=True)


def timings(generation):
    def attention(B, N, generation):
        run, H, d, p = Timer(generation, f"B={B} N={N}"), 8, 512, 0.2
        make = check.Make(run, p)
        qkv, g = make.normal(B, N, 3 * d, half=True), make.normal(B, N, d, half=True)
        L = torch.full((B,), N, dtype=torch.int32, device="cuda")
        masks, last = (make.keys(B, N), make.keys(B, N), make.keys(H)), (N, H, make.threshold, 0.125, make.boost)
        out, dqkv, lse2, delta = torch.empty_like(g), torch.empty_like(qkv), make.empty(B, H, N), make.empty(B, H, N)
        run("attn_fwd", qkv, L, *masks, out, lse2, *last, B=B)
        run("attn_delta", out, g, L, delta, N, H, B=B)
        run("attn_bwd_dkdv", qkv, g, lse2, delta, L, *masks, dqkv, *last, B=B)
        run("attn_bwd_dq", qkv, g, lse2, delta, L, *masks, dqkv, *last, B=B)

    def rows(T, strip):
        run, D = Timer(generation, f"T={T}"), 512
        make = check.Make(run, 0.2)
        x, x16, wide = make.normal(T, D), make.normal(T, D, half=True), make.normal(T, 3 * D, half=True)
        vector, keys, column_keys, rstd = make.normal(D), make.keys(T), make.keys(D), make.normal(T)
        y, y16 = torch.empty_like(x), torch.empty_like(x16)
        xhat, sums = make.normal(T, D, half=True), make.empty(3, 3 * D)
        P = -(-T // strip)
        partials = make.normal(3, P, D)
        last = (T, strip, make.threshold, make.boost)
        run("norm_fwd", x16, vector, x, vector, vector, keys, column_keys, y, y16, xhat, rstd,
            T, make.threshold, 1e-5, make.boost)
        run("norm_bwd-both", x, x16, xhat, rstd, vector, keys, column_keys, y, y16, partials, *last)
        run("norm_bwd-dy", x, None, xhat, rstd, vector, keys, column_keys, y, y16, partials, *last)
        run("norm_bwd-dy16", None, x16, xhat, rstd, vector, keys, column_keys, y, y16, partials, *last)
        run("sum_rows-d512", partials, *sums, P, G=3)
        run("relu_drop_fwd", x16, vector, keys, column_keys, y16, T, make.threshold, make.boost)
        run("relu_drop_bwd", x16, xhat, y16, partials, T, strip, make.boost)
        run("column_sums-d1536", wide, partials, T, strip)
        run("column_sums-d512", x16, partials, T, strip)
        run("sum_rows-d1536", partials, sums, None, None, P, G=1)
        run("norm_again", x16, vector, vector, y16, T)

    def adam(n):
        run = Timer(generation, f"n={n}")
        make = check.Make(run, 0.0)
        w, m, v, g = (make.normal(n).abs() for _ in range(4))
        scalars = torch.tensor([1e-4, 1.0, 1.0, 0.0, 0.9, 0.999, 1e-8, 0.0], device="cuda")
        run("adam", w, m, v, g, scalars, w, m, v, make.empty(n, half=True), n)

    attention(32, 1501, generation)
    attention(8, 600, generation)
    if generation == 90:
        attention(32, 1501, 80)
    rows(32 * 1501, 64)
    rows(8 * 600, 16)
    adam(1 << 25)


def main():
    generation = 90 if torch.cuda.get_device_capability() == (9, 0) else 80
    torch.zeros(1, device="cuda")
    print(torch.cuda.get_device_name(), f"sm{generation}", "torch", torch.__version__)
    generations = sorted({80, generation})
    Driver.load_all(generations)
    print(f"loaded after {time.time() - started:.1f} s")
    for each in generations:
        run = Driver(each)
        print(f"\n--- sm{each}")
        check.attention(run, 2, 333, 8, [333, 130], 0.2)
        check.attention(run, 4, 600, 8, [600, 1, 257, 512], 0.2)
        check.attention(run, 2, 1501, 8, [1501, 0], 0.0)
        check.attention(run, 2, 150, 1, [149, 97], 0.2, offset=12.0)
    check.norm(run, 2401, 0.2, "both", 19)
    check.norm(run, 1000, 0.2, "dy", 64)
    check.norm(run, 37, 0.0, "dy16", 8)
    check.norm(run, 2401, 0.5, "both", 16, in_place=True)
    check.relu(run, 2401, 0.2, 19)
    check.relu(run, 1000, 0.0, 64, in_place=True)
    check.columns(run, 4801, 1536, 64)
    check.columns(run, 9, 512, 16)
    check.adam(run, 5008)
    check.adam(run, 1 << 20)
    
    torch.cuda.synchronize()
    print(f"\nchecked after {time.time() - started:.1f} s")
    if "--no-time" not in sys.argv:
        timings(generation)
    check.finish(started)


if __name__ == "__main__":
    main()
