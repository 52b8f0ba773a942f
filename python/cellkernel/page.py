"""Notebooks as pages: `jupyter nbconvert --to cellkernel NOTEBOOK`, HTML that needs neither a server nor the network, its views live."""

import json
import re
from pathlib import Path

from nbconvert import HTMLExporter
from traitlets import default

HERE = Path(__file__).resolve().parent
# The views as one script and one style sheet: in the wheel, or as set-up builds them in a checkout.
VIEWS = next((folder for folder in (HERE / "js/extension/page", HERE.parents[1] / "extension/page") if folder.exists()), None)
# Views that it draws, and what of them names cells, further columns or the kernel.
LIVE = re.compile(r"application/vnd\.cellkernel\.(embedding|evaluation|training)\.v1\+json")
PRIVATE = {"cellIds", "more", "tooltip", "view"}


class LivePage(HTMLExporter):
    """nbconvert's page with pictures inside, views live, and no script from elsewhere; names of cells stay in the notebook."""

    export_from_notebook = "HTML with live views"

    @default("extra_template_basedirs")
    def _our_templates(self):
        return [str(HERE / "templates")]

    @default("template_name")
    def _our_template(self):
        return "cellkernel"

    @default("embed_images")
    def _inside(self):
        return True

    def default_filters(self):
        yield from super().default_filters()
        yield "live_data", live_data

    def from_notebook_node(self, nb, resources=None, **options):
        page, resources = super().from_notebook_node(nb, resources, **options)
        style, script = ((VIEWS / name).read_text(encoding="utf-8") for name in ("style.css", "script.js"))
        before, end, after = page.rpartition("</body>")
        return f"{before}<style>{style}</style><script>{script}</script>{end}{after}", resources


def live_data(output):
    """What the views' script draws of an output, as JSON that no name can end; nothing that names cells leaves the notebook."""
    data = output.get("data", {})
    mime = next((mime for mime in data if LIVE.fullmatch(mime)), None)
    if mime is None:
        return ""
    shown = {name: value for name, value in data[mime].items() if name not in PRIVATE}
    return json.dumps({mime: shown}, ensure_ascii=False).replace("<", "\\u003c")
