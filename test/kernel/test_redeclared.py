"""A name that is declared again means its newest definition, for the checker as at run time."""

import unittest

from support import Kernel

CELL = "class Cell { private hidden = %d; constructor(readonly name: string) {} }"


class Redeclared(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def runs(self, *cells):
        """Each cell, in order, runs; the last gives its result."""
        for code in cells:
            result = self.kernel.run(code)
            self.assertEqual(result.status, "ok", f"{code}: {result.reply}")
        return result.text

    def refused(self, code, message):
        result = self.kernel.run(code)
        self.assertEqual(result.reply.get("ename"), "TypeScriptError", result.reply)
        self.assertIn(message, result.reply["evalue"])
        self.assertNotIn("__cell", result.reply["evalue"] + result.traceback)

    def test_a_class_that_is_run_twice(self):
        self.runs(CELL % 1, "function show(c: Cell) { return c.name; }\nlet cell = new Cell('a'); const map = new Map<string, Cell>(); const list = [cell];", CELL % 2)
        self.assertEqual(self.runs("show(new Cell('x'))"), "'x'")
        self.assertEqual(self.runs("cell = new Cell('y'); map.set('y', cell); list.push(new Cell('z')); list.length"), "2")

    def test_a_class_and_what_uses_it_in_one_cell(self):
        both = CELL % 1 + "\nfunction both(c: Cell) { return c.name; }\nboth(new Cell('x'))"
        self.assertEqual(self.runs(both, both), "'x'")
        self.assertEqual(self.runs(CELL % 3 + "\nboth(new Cell('y'))"), "'y'")
        self.assertEqual(self.runs("both(new Cell('z'))"), "'z'")

    def test_classes_that_refer_to_each_other(self):
        self.runs("class A { private k = 1; b?: B }\nclass B { private k = 1; a?: A }", "const a = new A(); a.b = new B();")
        self.runs("class B { private k = 2; a?: A; more = 3 }", "a.b = new B(); new B().a = a;")
        self.assertEqual(self.runs("new A().b = new B(); a.b!.more"), "3")

    def test_an_interface_that_gains_a_field(self):
        self.runs("interface Row { a: number }", "const rows: Row[] = [{ a: 1 }]; const first = (some: Row[]) => some[0];", "interface Row { a: number; b?: string }")
        self.assertEqual(self.runs("rows.push({ a: 2, b: 'new' }); first([{ a: 3, b: 'x' }]).b"), "'x'")
        self.runs("type Wide = Row & { wide: boolean }", "interface Row { c: number }")
        self.refused("const wide: Wide = { wide: true }", "Property 'c' is missing")

    def test_a_method_that_is_gone_is_gone(self):
        self.runs("class Mod { predict(n: number) { return n; } }", "function mk() { return new Mod(); }", "class Mod { forecast(n: number) { return 2 * n; } }")
        self.refused("mk().predict(2)", "Property 'predict' does not exist on type 'Mod'")
        self.assertEqual(self.runs("mk().forecast(2)"), "4")

    def test_enums_aliases_namespaces_and_generics(self):
        self.runs("enum Kind { A }\ntype Id = number;\nnamespace Space { export interface Inner { a: 1 } }\nclass Box<T> { private p!: T }")
        self.runs("const kind = (k: Kind) => k; const id = (i: Id) => i; const inner = (i: Space.Inner) => i; const boxes: Box<number>[] = [];")
        self.runs("enum Kind { A, B }\ntype Id = number | string;\nnamespace Space { export interface Inner { a: 1; b?: 2 } }\nclass Box<T> { private p!: T; more = 1 }")
        self.assertEqual(self.runs("boxes.push(new Box<number>()); [kind(Kind.B), id('x'), inner({ a: 1, b: 2 }).b, boxes[0].more]"), "[ 1, 'x', 2, 1 ]")

    def test_a_definition_that_is_made_of_the_earlier_one(self):
        self.runs("class Model { fit() { return 'fit'; } }", "const Earlier = Model;", "class Model extends Earlier { more() { return 'more'; } }")
        self.assertEqual(self.runs("new Model().fit() + new Model().more() + new Earlier().fit()"), "'fitmorefit'")
        self.refused("new Earlier().more()", "Property 'more' does not exist")
        self.runs("class Model extends Earlier { again() { return 'again'; } }")
        self.assertEqual(self.runs("new Model().again()"), "'again'")
        self.runs("type Config = { a: number }", "type Big = Config & { b: number }", "type Config = Big | { c: 1 }")
        self.runs("const one: Config = { a: 1, b: 2 }; const other: Config = { c: 1 };")

    def test_what_a_failed_cell_did_not_reach_keeps_its_meaning(self):
        self.runs("class Kept { old = 1 }", "const kept = (k: Kept) => k.old;")
        self.assertEqual(self.kernel.run("if (kept) throw new Error('x'); class Kept { young = 1 }").status, "error")
        self.assertEqual(self.runs("kept(new Kept())"), "1")

    def test_a_type_that_becomes_a_value(self):
        self.runs("interface Turned { a: 1 }", "const turned: Turned[] = [];", "const Turned = 5;")
        self.assertEqual(self.runs("Turned + turned.length"), "5")

    def test_no_message_names_a_path_of_a_cell(self):
        self.runs("class Named { private k = 1 }", "const held = new Named(); const Base = Named;")
        self.refused("class Named extends Base { private k = 2 }", "Types have separate declarations of a private property 'k'")

    def test_who_and_inspection_name_no_path(self):
        self.runs("class Seen { private k = 1 }", "const seen = () => new Seen(); const many = new Map<Seen, Seen>();")
        self.assertNotIn("__cell", self.kernel.run("%who").stream())
        reply = self.kernel.reply(self.kernel.client.inspect("many", 2))["content"]
        self.assertEqual(reply["data"]["text/plain"], "const many: Map<Seen, Seen>")


if __name__ == "__main__":
    unittest.main()
