"""One line for each step of a notebook: its heading, a bar while it works, its time."""

import re
import sys
import time

WIDTH = 20


def title_of(cells, index):
    """The heading that stands above a cell."""
    for cell in reversed(cells[:index]):
        if cell.cell_type == "markdown":
            heading = re.search(r"^#+\s+(.*)$", cell.source, re.MULTILINE)
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
    """Drawn again and again on a terminal; elsewhere each step prints one line when it ends."""

    def __init__(self, title):
        self.title = title
        self.started = time.monotonic()
        self.live = sys.stdout.isatty()
        self.share, self.note = 0.0, ""
        if self.live:
            self._draw()

    def move(self, share, note):
        self.share, self.note = min(share, 1.0), note
        if self.live:
            self._draw()

    def finish(self):
        self.share, self.note = 1.0, ""
        self._draw("\n")

    def fail(self):
        self.note = "failed"
        self._draw("\n")

    def _draw(self, end=""):
        full = round(self.share * WIDTH)
        seconds = time.monotonic() - self.started
        line = f"{self.title:<44.44} {'█' * full}{'░' * (WIDTH - full)} {seconds:6.1f} s  {self.note:<14}"
        print(f"\r{line}" if self.live else line.rstrip(), end=end, flush=True)
