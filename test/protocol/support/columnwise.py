"""Writes a file of cells with its matrix stored by columns."""

import sys

import anndata

cells = anndata.read_h5ad(sys.argv[1])
cells.X = cells.X.tocsc()
cells.write_h5ad(sys.argv[2])
