"""Copies of a file of which a part leads elsewhere: within it, or to another file: INPUT FOLDER"""

import shutil
import sys

import h5py
import numpy as np

source, folder = sys.argv[1:]
with h5py.File(f"{folder}/victim.h5", "w") as file:
    file["secret"] = np.arange(10.0)
    file.create_group("uns").attrs.update({"encoding-type": "dict", "encoding-version": "0.1.0"})
with open(f"{folder}/secret.bin", "wb") as file:
    file.write(b"secret" * 16)


def copy(name):
    shutil.copy(source, f"{folder}/{name}.h5ad")
    return h5py.File(f"{folder}/{name}.h5ad", "a")


with copy("soft") as file:
    del file["obsm"]
    file["obsm"] = h5py.SoftLink("/varm")
with copy("external") as file:
    del file["uns"]
    file["uns"] = h5py.ExternalLink("victim.h5", "/uns")
with copy("through") as file:
    file["uns/all"] = h5py.ExternalLink("victim.h5", "/")
    file["uns/part"] = h5py.SoftLink("/uns/all/secret")
with copy("raw") as file:
    file.create_dataset("uns/part", shape=(12,), dtype="f8", external=[(f"{folder}/secret.bin", 0, 96)])
with copy("virtual") as file:
    layout = h5py.VirtualLayout(shape=(10,), dtype="f8")
    layout[:] = h5py.VirtualSource("victim.h5", "secret", shape=(10,))
    file.create_virtual_dataset("uns/part", layout)
