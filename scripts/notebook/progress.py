"""One line for each step of a notebook: its heading, a bar while it works, its time."""

import re
import sys
import time

WIDTH = 20


def title_of(cells, index):
    """The heading that stands above a cell, without its number."""
    for cell in reversed(cells[:index]):
        if cell.cell_type == "markdown":
            heading = re.search(r"^#+\s+(?:\d+\.\s+)?(.*)$", cell.source, re.MULTILINE)
            if heading:
                return heading.group(1)
    return "cell"


def fraction_in(bundle):
    """How far a job is, where an output of ours says so: (share done, a word on it)."""
    for mime, data in bundle.items():
        if mime.startswith("application/vnd.cellkernel.") and isinstance(data, dict) and data.get("steps"):
            return data["step"] / data["steps"], f"epoch {data.get('epoch')}/{data.get('epochs')}"
    return None


class Bar:
    """Drawn again and again on a terminal; elsewhere each step has its title when it starts, the rest when it ends."""

    def __init__(self, title):
        self.title = f"{title:<44.44}"
        self.started = time.monotonic()
        self.live = sys.stdout.isatty()
        self.share, self.note = 0.0, ""
        print(self.title, end="", flush=True)

    def move(self, share, note):
        self.share, self.note = min(share, 1.0), note
        if self.live:
            print(f"\r{self.title}{self._state()}", end="", flush=True)

    def finish(self):
        self.share, self.note = 1.0, ""
        self._end()

    def fail(self):
        self.note = "failed"
        self._end()

    def _end(self):
        print(f"\r{self.title}{self._state()}" if self.live else self._state().rstrip(), flush=True)

    def _state(self):
        full = round(self.share * WIDTH)
        seconds = time.monotonic() - self.started
        return f" {'█' * full}{'░' * (WIDTH - full)} {seconds:6.1f} s  {self.note:<14}"
