"""Values there and back through `%%ts` cells, in IPython's shell; prints what is wrong."""

import os
import signal
import threading

import anndata
import numpy as np
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from scipy.sparse import csr_matrix

shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "cellkernel")
space = shell.user_ns


def ts(cell, line=""):
    return shell.run_cell_magic("ts", line, cell)


def fails(cell, line, *words):
    try:
        ts(cell, line)
    except Exception as error:
        missing = [word for word in words if word not in f"{type(error).__name__}: {error}"]
        assert not missing, (cell, line, missing, str(error))
        return error
    raise AssertionError(f"no error: {line} {cell}")


# Arrays keep their types; those of two dimensions are rows.
for dtype in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"):
    space["given"] = np.array([0, 1, 127], dtype=dtype)
    ts("const taken = given;", "--in given --out taken")
    assert space["taken"].dtype == dtype and (space["taken"] == space["given"]).all(), dtype
space["matrix"] = np.arange(6, dtype="float32").reshape(2, 3)
ts("const second: Float32Array = matrix[1];", "--in matrix --out second")
assert space["second"].tolist() == [3, 4, 5]
space["swapped"] = np.array([1, 2], dtype=">i4")
ts("const native = swapped;", "--in swapped --out native")
assert space["native"].tolist() == [1, 2]

# What JSON holds, and what it does not.
space["nested"] = {"k": [1, None, float("inf"), "é\n"], "$x": {"$array": "no array"}, "deep": [[True]]}
ts("const back = nested;", "--in nested --out back")
assert space["back"] == space["nested"], space["back"]
ts("const not = { a: undefined, b: NaN, m: new Map([['k', 1]]), s: new Set([1]), n: 5n };", "--out not")
assert space["not"]["a"] is None and space["not"]["b"] != space["not"]["b"] and space["not"]["m"] == {"k": 1}
assert space["not"]["s"] == [1] and space["not"]["n"] == 5

# Tables.
space["frame"] = pd.DataFrame({"g": ["a", None], "v": [1.5, np.nan], "c": pd.Categorical(["x", "y"])}, index=["r1", "r2"])
ts("import { op } from 'arquero';\nconst table = frame.derive({ w: (d: any) => d.v * 2 });", "--in frame --out table")
assert list(space["table"].columns) == ["index", "g", "v", "c", "w"], space["table"].columns
assert space["table"]["index"].tolist() == ["r1", "r2"] and space["table"]["w"][0] == 3
assert space["table"]["g"].tolist() == ["a", None] and space["table"]["c"].tolist() == ["x", "y"]

# AnnData, which stays as it is on Python's side.
space["adata"] = anndata.AnnData(
    csr_matrix(np.array([[0, 1], [2, 0], [0, 3]], dtype="float32")),
    obs=pd.DataFrame({"kind": ["a", "b", "a"]}, index=["c1", "c2", "c3"]),
    var=pd.DataFrame(index=["g1", "g2"]),
)
ts(
    "import { subset } from 'cellkernel';\nconst shape = [adata.nObs, adata.nVars];\nconst names = adata.obsNames;",
    "--in adata --out shape,names",
)
assert space["shape"] == [3, 2] and list(space["names"]) == ["c1", "c2", "c3"]
assert space["adata"].obs["kind"].dtype == object
ts("const whole = adata;", "--out whole")
assert (space["whole"].X.toarray() == space["adata"].X.toarray()).all()

# Errors are errors, of the cell that made them; values stay.
fails("const x: number = 'text';", "", "TypeScriptError", "not assignable")
fails("1", "--in nowhere", "NameError", "nowhere")
fails("const f = () => 1;", "--out f", "--out f is a function")
fails("const half = { a: [1, Symbol()] };", "--out half", "--out half.a[1] is a symbol")
space["thing"] = {"a": object()}
fails("1", "--in thing", "TypeError", "--in thing['a'] is of type object")
space["big"] = 2**60
fails("1", "--in big", "too large")
error = fails("throw new RangeError('too far')", "", "RangeError: too far")
assert any("too far" in line for line in error._render_traceback_())

# An interruption ends the cell, not the kernel.
threading.Timer(3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
fails("await new Promise(() => {});", "", "TypeScriptError", "nterrupt")
ts("const still = second[0];", "--out still")
assert space["still"] == 3

# A kernel that ends is told, and the next cell has a new one.
fails("process.kill(process.pid, 'SIGKILL'); await new Promise(() => {});", "", "has ended")
ts("const fresh = 1;", "--out fresh")
assert space["fresh"] == 1
shell.run_line_magic("ts_restart", "")
fails("fresh", "", "fresh")
print("all is right")
