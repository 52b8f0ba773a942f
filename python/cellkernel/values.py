"""Values on their way between Python and TypeScript: a folder with `value.json`, and the arrays that it names as raw bytes.

The other half is `src/protocol/pythonValues.ts`. In the JSON, `{"$array": file, "dtype", "shape"}` is a typed array, `{"$table": [[name,
column], …]}` a table, `{"$h5ad": file}` AnnData, `{"$number": "NaN"}` a number that JSON has not, `{"$object": [[key, value], …]}` an object
with a key that begins with "$". All else is JSON."""

import json
import math
import re
from pathlib import Path

from cellkernel.node import PACKAGE

# JavaScript's numbers are exact up to here.
EXACT = 2**53 - 1

# numpy's types that JavaScript has typed arrays of, by their names there.
DTYPES = {
    "int8": "Int8Array",
    "int16": "Int16Array",
    "int32": "Int32Array",
    "int64": "BigInt64Array",
    "uint8": "Uint8Array",
    "uint16": "Uint16Array",
    "uint32": "Uint32Array",
    "uint64": "BigUint64Array",
    "float32": "Float32Array",
    "float64": "Float64Array",
}
IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")


def write(name, value, folder):
    """Writes a Python value for TypeScript.

    Raises:
        TypeError: of a value that TypeScript has nothing like; it names where in the value that is.
    """
    files = []

    def array(values):
        values = values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))
        file = f"{len(files)}.bin"
        files.append(file)
        values.tofile(folder / file)
        return {"$array": file, "dtype": values.dtype.name, "shape": list(values.shape)}

    def encode(value, at):
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, int):
            if abs(value) > EXACT:
                raise TypeError(f"--in {at}: {value} is too large to be exact in TypeScript")
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"$number": _name_of(value)}
        if isinstance(value, dict):
            pairs = [[_key(key, at), encode(each, f"{at}[{key!r}]")] for key, each in value.items()]
            return {"$object": pairs} if any(key.startswith("$") for key, _ in pairs) else dict(pairs)
        if isinstance(value, (list, tuple)):
            return [encode(each, f"{at}[{i}]") for i, each in enumerate(value)]
        module = type(value).__module__.split(".")[0]
        if module == "anndata" and hasattr(value, "write_h5ad"):
            # As it is: by default anndata turns texts into categories, in the object itself.
            value.write_h5ad(folder / "value.h5ad", convert_strings_to_categoricals=False)
            return {"$h5ad": "value.h5ad"}
        if module == "pandas" and hasattr(value, "columns"):
            columns = [[str(column), encode(value[column], f"{at}[{column!r}]")] for column in value.columns]
            index = [] if _is_count(value.index) else [[str(value.index.name or "index"), encode(value.index, f"{at}.index")]]
            return {"$table": index + columns}
        if module == "pandas" and hasattr(value, "array"):
            return encode_column(value, at)
        if module == "numpy":
            if getattr(value, "shape", None) == ():
                return encode(value.item(), at)
            if value.dtype.name in DTYPES:
                return array(value)
            return [encode(each, f"{at}[{i}]") for i, each in enumerate(value.tolist())]
        raise TypeError(
            f"--in {at} is of type {type(value).__qualname__}; AnnData, pandas tables, arrays of numpy, and what JSON holds can be handed over"
        )

    def encode_column(column, at):
        missing = column.isna()
        if getattr(column.dtype, "name", "") in DTYPES:
            return array(column.to_numpy())
        listed = [None if gone else each for each, gone in zip(column.tolist(), missing.tolist())]
        return [str(each) if hasattr(each, "isoformat") else encode(each, f"{at}[{i}]") for i, each in enumerate(listed)]

    _check(name)
    (folder / "value.json").write_text(json.dumps(encode(value, name), ensure_ascii=False), encoding="utf8")


def read(folder):
    """A TypeScript value: tables are pandas', arrays numpy's, AnnData anndata's."""

    def decode(value):
        if isinstance(value, list):
            return [decode(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "$array" in value:
            import numpy

            return numpy.fromfile(folder / value["$array"], dtype=value["dtype"]).reshape(value["shape"])
        if "$table" in value:
            import pandas

            return pandas.DataFrame({name: decode(column) for name, column in value["$table"]})
        if "$h5ad" in value:
            import anndata

            return anndata.read_h5ad(folder / value["$h5ad"])
        if "$number" in value:
            return float(value["$number"].replace("Infinity", "inf"))
        if "$object" in value:
            return {key: decode(each) for key, each in value["$object"]}
        return {key: decode(each) for key, each in value.items()}

    return decode(json.loads((folder / "value.json").read_text(encoding="utf8")))


def taking(name, folder):
    """TypeScript that declares `name`, with the type that its value has."""
    value = json.loads((folder / "value.json").read_text(encoding="utf8"))
    return f"let {name} = await (await import({_module()})).take({json.dumps(str(folder))}) as {_type(value)};"


def giving(name, folder):
    """TypeScript that writes the value of `name`."""
    _check(name)
    return f"await (await import({_module()})).give({json.dumps(name)}, {name}, {json.dumps(str(folder))});"


def _type(value):
    if isinstance(value, dict):
        if "$array" in value:
            element = DTYPES[value["dtype"]]
            return element + "[]" * (len(value["shape"]) - 1)
        if "$table" in value:
            return 'import("arquero").ColumnTable'
        if "$h5ad" in value:
            return 'import("cellkernel").AnnData'
    return {str: "string", bool: "boolean", int: "number", float: "number"}.get(type(value), "any")


def _module():
    # As a text like any other, it is not looked for when the cell is checked.
    return json.dumps((Path(PACKAGE) / "dist/src/protocol/pythonValues.js").as_uri()) + " as string"


def _check(name):
    if not IDENTIFIER.fullmatch(name):
        raise ValueError(f"'{name}' is no name in TypeScript: letters, digits, _ and $ are")


def _key(key, at):
    if not isinstance(key, str):
        raise TypeError(f"--in {at}: the key {key!r} is no text")
    return key


def _name_of(number):
    return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")


def _is_count(index):
    return type(index).__name__ == "RangeIndex"
