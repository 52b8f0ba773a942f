"""papermill's parameters as TypeScript, run in the kernel."""

import math
import os
import sys
import types
import unittest

from support import ROOT, Kernel

sys.path.insert(0, str(ROOT / "python"))


def stand_in():
    """papermill itself is no dependency of the tests: what the translator needs of it."""
    translators, models = types.ModuleType("papermill.translators"), types.ModuleType("papermill.models")
    translators.Translator = type("Translator", (), {})
    registered = {}
    translators.papermill_translators = types.SimpleNamespace(register=registered.__setitem__, registered=registered)
    models.Parameter = lambda **fields: fields
    return {"papermill": types.ModuleType("papermill"), "papermill.translators": translators, "papermill.models": models}


class Papermill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        modules = stand_in()
        sys.modules.update(modules)
        cls.addClassCleanup(lambda: [sys.modules.pop(name) for name in modules])
        import cellkernel.papermill

        cls.translator = modules["papermill.translators"].papermill_translators.registered["typescript"]
        assert cls.translator is cellkernel.papermill.TypeScriptTranslator
        cls.kernel = Kernel()

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def test_what_is_injected_runs_and_means_the_same(self):
        values = {
            "alpha": 0.9, "count": 3, "big": 2**60, "no": None, "yes": True, "inf": -math.inf, "nan": math.nan,
            "text": 'a "quoted" \\ \n line\u2028 and `${x}`', "list": [1, [2, None]], "empty": [], "small": 1e-300,
            "dict": {"a b": {"c": 1}, "__proto__": 5, "1": "x"},
        }
        self.assertEqual(self.kernel.run("let alpha: string = 'a default of another type'; const dict = 1;").status, "ok")
        result = self.kernel.run(self.translator.codify(values, "Parameters\nof a run"))
        self.assertEqual(result.status, "ok", result.reply)
        for code, text in [
            ("[alpha, count, big, no, yes, inf, nan, small]", "[ 0.9, 3, 1152921504606846976n, null, true, -Infinity, NaN, 1e-300 ]"),
            (r"text === 'a \"quoted\" \\ \n line\u2028 and `${x}`'", "true"),
            ("JSON.stringify([list, empty, Object.entries(dict)])", """'[[1,[2,null]],[],[["1","x"],["a b",{"c":1}],["__proto__",5]]]'"""),
            ("alpha === 0.5", "false"),
        ]:
            with self.subTest(code):
                self.assertEqual(self.kernel.run(code).text, text)

    def test_the_package_turns_the_telemetry_of_onnxruntime_off(self):
        self.assertEqual(os.environ["ORT_DISABLE_TELEMETRY"], "1")

    def test_a_name_that_is_none_is_refused(self):
        with self.assertRaisesRegex(ValueError, "'my-rate' is no name in TypeScript"):
            self.translator.codify({"my-rate": 1})

    def test_the_parameters_of_a_notebook_are_found(self):
        source = "let alpha: number = 0.1; // the rate\nconst names = ['a', 'b']\n\nexport let of: Map<string, number> = new Map();\nalpha += 1;"
        found = self.translator.inspect({"source": source})
        self.assertEqual(
            [(each["name"], each["inferred_type_name"], each["default"], each["help"]) for each in found],
            [("alpha", "number", "0.1", "the rate"), ("names", "None", "['a', 'b']", ""), ("of", "Map<string, number>", "new Map()", "")],
        )


if __name__ == "__main__":
    unittest.main()
