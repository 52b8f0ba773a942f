"""`%load_ext cellkernel`, then `%%ts` cells in a notebook whose kernel is Python."""

import atexit
import shutil
import tempfile
from pathlib import Path

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from cellkernel import values
from cellkernel.session import Session


@magics_class
class TypeScriptMagics(Magics):
    def __init__(self, shell):
        super().__init__(shell)
        self.session = Session()
        self._handed = 0
        self._folder = None

    @magic_arguments()
    @argument("--in", dest="given", metavar="NAME", action="append", default=[], help="a Python value that the cell takes: AnnData, a pandas table, an array of numpy, or what JSON can hold; NAME, or several with commas")
    @argument("--out", dest="taken", metavar="NAME", action="append", default=[], help="a TypeScript value that Python takes when the cell has ended")
    @cell_magic
    def ts(self, line, cell):
        """Runs the cell as TypeScript, in a kernel that keeps its values from cell to cell."""
        arguments = parse_argstring(self.ts, line)
        for name in _names(arguments.given):
            if name not in self.shell.user_ns:
                raise NameError(f"--in {name}: there is no Python variable of that name")
            folder = self._new_folder(name)
            values.write(name, self.shell.user_ns[name], folder)
            self.session.run(values.taking(name, folder), hidden=True)
        self.session.run(cell)
        for name in _names(arguments.taken):
            folder = self._new_folder(name)
            self.session.run(values.giving(name, folder), hidden=True)
            self.shell.user_ns[name] = values.read(folder)
            # What AnnData is read from is kept for the values that are still in it.
            if not (folder / "value.h5ad").exists():
                shutil.rmtree(folder)

    @line_magic
    def ts_restart(self, line):
        """Ends the TypeScript kernel; the next `%%ts` cell starts a new one, without values."""
        self.session.close()

    def close(self):
        self.session.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _new_folder(self, name):
        """A folder for one value on its way; all of them go when Python ends."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="cellkernel-"))
        self._handed += 1
        folder = self._folder / f"{self._handed}-{name}"
        folder.mkdir()
        return folder


def _names(options):
    return [name for option in options for name in option.split(",") if name]


def load(shell):
    magics = TypeScriptMagics(shell)
    shell.register_magics(magics)
    atexit.register(magics.close)
    return magics
