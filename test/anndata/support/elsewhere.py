"""Copies of a file whose parts are links, to another file or within: INPUT FOLDER"""

import shutil
import sys

import h5py

source, folder = sys.argv[1:]
victim = f"{folder}/victim.h5"
with h5py.File(victim, "w") as file:
    for name in ["uns", "obsm"]:
        file.create_group(name).attrs.update({"encoding-type": "dict", "encoding-version": "0.1.0"})


def linked(name, path, link):
    shutil.copy(source, f"{folder}/{name}.h5ad")
    with h5py.File(f"{folder}/{name}.h5ad", "a") as file:
        if path in file:
            del file[path]
        file[path] = link


linked("external", "uns", h5py.ExternalLink(victim, "/uns"))
linked("soft", "obsm", h5py.SoftLink("/varm"))
