"""Runs a notebook through its kernel, without a browser, with a progress bar for each code cell.

    execute.py NOTEBOOK --out EXECUTED.ipynb [--html PAGE.html] [--normalise]

The kernel works in the notebook's folder. Interrupting ends the kernel at once and writes nothing.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from progress import Bar, fraction_in, title_of


class Client(NotebookClient):
    """Tells a progress bar what the kernel says while a cell runs."""

    bar = None

    def process_message(self, msg, cell, cell_index):
        if self.bar is not None and msg["msg_type"] in ("display_data", "update_display_data"):
            done = fraction_in(msg["content"]["data"])
            if done is not None:
                self.bar.move(*done)
        return super().process_message(msg, cell, cell_index)


class Stopped(Exception):
    """The user ended the run."""


async def execute(notebook, folder):
    """Runs all cells in order; the first error ends it."""
    client = Client(notebook, timeout=None, kernel_name="cellkernel", resources={"metadata": {"path": str(folder)}})
    cells = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    running, stopped = asyncio.current_task(), asyncio.Event()

    def stop():
        if not stopped.is_set():
            stopped.set()
            running.cancel()

    async with client.async_setup_kernel():
        if sys.platform != "win32":
            for name in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(name, stop)
        try:
            for number, i in enumerate(cells, 1):
                client.bar = Bar(f"[{number}/{len(cells)}] {title_of(notebook.cells, i)}")
                try:
                    await client.async_execute_cell(notebook.cells[i], i)
                except BaseException:
                    client.bar.fail()
                    raise
                client.bar.finish()
            info = await client.async_wait_for_reply(client.kc.kernel_info())
            notebook.metadata["language_info"] = info["content"]["language_info"]
        except BaseException as error:
            client.shutdown_kernel = "immediate"
            if stopped.is_set():
                # nbclient takes a cancelled cell for a dead kernel.
                raise Stopped from error
            raise


def normalise(notebook):
    """Takes out what differs from run to run without meaning, so that a committed notebook has small diffs."""
    number = 0
    for i, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{i:02d}"
        cell["metadata"].pop("execution", None)
        if cell.cell_type == "code":
            number += 1
            cell["execution_count"] = number
            for output in cell["outputs"]:
                output.get("metadata", {}).pop("transient", None)
                if "execution_count" in output:
                    output["execution_count"] = number
    notebook.metadata = {
        "kernelspec": {"name": "cellkernel", "display_name": "TypeScript (Cellkernel)", "language": "typescript"},
        "language_info": notebook.metadata.get("language_info", {}),
    }


def to_html(notebook, title):
    """The page that `jupyter nbconvert --to cellkernel` makes."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
    from cellkernel.page import LivePage

    return LivePage(exclude_input_prompt=True).from_notebook_node(notebook, {"metadata": {"name": title}})[0]


def write(path, text):
    """Writes under a temporary name, then renames: no half-written file is ever seen."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--html", type=Path)
    parser.add_argument("--normalise", action="store_true")
    options = parser.parse_args()

    notebook = nbformat.read(options.notebook, as_version=4)
    started = time.monotonic()
    try:
        asyncio.run(execute(notebook, options.notebook.parent))
    except (Stopped, KeyboardInterrupt):
        print("Stopped.", file=sys.stderr)
        return 130
    except CellExecutionError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    if options.normalise:
        normalise(notebook)
    write(options.out, nbformat.writes(notebook) + "\n")
    if options.html:
        write(options.html, to_html(notebook, options.notebook.stem))
    print(f"All cells ran in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
