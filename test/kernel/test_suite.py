"""jupyter_kernel_test, all of it that a kernel of our kind declares."""

import unittest

import jupyter_kernel_test as jkt

from support import KERNEL_NAME, installed_kernelspec


def setUpModule():
    installed_kernelspec()


class CellkernelTests(jkt.KernelTests):
    kernel_name = KERNEL_NAME
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = 'console.log("hello, world")'
    code_stderr = 'console.error("to stderr")'
    code_stdin = 'await input("prompt> ")'
    completion_samples = [
        {"text": "consol", "matches": {"console"}},
        {"text": "Math.absolut", "matches": set()},
        {"text": '"a".toUpp', "matches": {"toUpperCase"}},
    ]
    complete_code_samples = ["1", "const x = 1;", "function f() {\n  return 1;\n}"]
    incomplete_code_samples = ["function f() {", "`not yet", "[1,"]
    invalid_code_samples = ["const = 1", "1 1", "let 1 = 2;"]
    # Not declared: pages are payloads, which the specification has deprecated.
    code_generate_error = 'throw new Error("expected")'
    code_execute_result = [
        {"code": "1 + 1", "result": "2"},
        {"code": '"a" + "b"', "result": "'ab'"},
        {"code": "await Promise.resolve([1, 2])", "result": "[ 1, 2 ]"},
    ]
    code_display_data = [
        {"code": 'await display(html("<b>x</b>"))', "mime": "text/html"},
        {"code": 'await display(markdown("**x**"))', "mime": "text/markdown"},
        {"code": 'await display({ a: 1 })', "mime": "text/plain"},
    ]
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "1*1"
    code_inspect_sample = "console.log"
    code_clear_output = "jupyter.clearOutput()"


if __name__ == "__main__":
    unittest.main()
