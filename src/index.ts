export { AnnData, type Raw } from "./anndata/anndata.js";
export type { CsrBlock, RowMatrix } from "./anndata/matrix.js";
export { readH5ad } from "./anndata/readH5ad.js";
export { H5adWriter, writeH5ad } from "./anndata/write/h5ad.js";
export { host } from "./protocol/host.js";
