"""Parameters for notebooks of the kernel, from papermill: `import cellkernel.papermill`, or in the place of `papermill`
on the command line `python -m cellkernel.papermill`."""

import json
import math
import re

from papermill.translators import Translator, papermill_translators

# JavaScript's numbers are exact up to here.
EXACT = 2**53 - 1

NAME = re.compile(r"[^\W\d][\w$]*|\$[\w$]*")
# `let alpha: number = 0.1; // what it is`
PARAMETER = re.compile(
    r"^(?:export\s+)?(?:let|const|var)\s+(?P<name>[\w$]+)\s*(?::\s*(?P<type>[^=]+?))?\s*=\s*(?P<value>.*?)\s*;?\s*(?://\s*(?P<help>.*))?$"
)


class TypeScriptTranslator(Translator):
    @classmethod
    def translate(cls, val):
        if hasattr(val, "item") and not isinstance(val, (list, dict)):
            # A number of numpy's.
            val = val.item()
        if val is None:
            return "null"
        if isinstance(val, bool):
            return "true" if val else "false"
        if isinstance(val, int):
            return str(val) if abs(val) <= EXACT else f"{val}n"
        if isinstance(val, float):
            if math.isfinite(val):
                return repr(val)
            return "NaN" if math.isnan(val) else ("Infinity" if val > 0 else "-Infinity")
        if isinstance(val, dict):
            return "{ " + ", ".join(f"{cls.key(key)}: {cls.translate(each)}" for key, each in val.items()) + " }"
        if isinstance(val, (list, tuple)):
            return "[" + ", ".join(cls.translate(each) for each in val) + "]"
        return json.dumps(str(val))

    @classmethod
    def key(cls, key):
        # In braces alone it would be the prototype.
        return '["__proto__"]' if key == "__proto__" else json.dumps(str(key))

    @classmethod
    def comment(cls, cmt_str):
        return "\n".join(f"// {line}".rstrip() for line in cmt_str.splitlines())

    @classmethod
    def assign(cls, name, str_val):
        if not NAME.fullmatch(name):
            raise ValueError(f"the parameter '{name}' is no name in TypeScript: letters, digits, _ and $ are")
        # Declared again, so that the type may be another than that of the default.
        return f"let {name} = {str_val};"

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        lines = [cls.comment(comment), *(cls.assign(name, cls.translate(val)) for name, val in parameters.items())]
        return "\n".join(lines) + "\n"

    @classmethod
    def inspect(cls, parameters_cell):
        from papermill.models import Parameter

        found = (PARAMETER.match(line.strip()) for line in parameters_cell["source"].splitlines())
        return [
            Parameter(name=each["name"], inferred_type_name=each["type"] or "None", default=each["value"], help=each["help"] or "")
            for each in found
            if each
        ]


papermill_translators.register("typescript", TypeScriptTranslator)

if __name__ == "__main__":
    from papermill.__main__ import papermill

    papermill()
