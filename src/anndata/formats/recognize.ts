import { constants, gunzipSync } from "node:zlib";
import { CellkernelError } from "../../support/error.js";
import type { H5File } from "../hdf5/file.js";
import { firstBytes, isGzip } from "./text.js";

/** Packed bytes that are looked at, enough for the first kilobytes of any text. */
const LOOK = 65_536;
/** Where a tar archive says what it is. */
const TAR_MARK = 257;

const HDF5 = "\x89HDF\r\n\x1a\n";
const R = [
  "an R object (RDS or RData)",
  'Write it as .h5ad in R: zellkonverter::writeH5AD(Seurat::as.SingleCellExperiment(readRDS("…")), "cells.h5ad").',
] as const;

/** How a file that holds no readable cells begins (bytes as Latin-1 characters), what it is, and what to do. */
const KINDS: [string | RegExp, string, string][] = [
  ...["RDX2\n", "RDX3\n", "RDA2\n", "RDA3\n", "X\n\0\0\0", "A\n2\n", "A\n3\n", "B\n\x02\0", "B\n\x03\0"].map(
    (mark): [string, string, string] => [mark, ...R],
  ),
  [
    "version https://git-lfs.github.com",
    "a Git LFS pointer, not the file that it stands for",
    "Fetch the file itself: git lfs pull.",
  ],
  [
    /^[./a-z]*annex\/objects\//,
    "a git-annex pointer, not the file that it stands for",
    "Fetch the file itself: git annex get.",
  ],
  [
    /^\s*<(!doctype html|!--|html|head|body)/i,
    "a web page, perhaps of an error or a sign-in, in place of the file",
    "Download it again, with the link to the file itself.",
  ],
  [/^\s*<(\?xml|!doctype)/i, "an XML document", "Download it again, with the link to the file itself."],
  [/^\s*(\{\s*["}]|\[\s*[[{\]])/, "a JSON document", "Give a file of cells."],
  // The first name in the archive stands after 30 bytes.
  [/^PK.{28}(\[Content_Types\]|_rels|xl\/|docProps)/s, "an Excel workbook", "Save the sheet as CSV."],
  [
    /^PK.{28}[\w.-]*\.npy/s,
    "NumPy's .npz, a matrix without the names of cells and genes",
    "Save both in an .h5ad file.",
  ],
  [
    /^PK.{28}[^/]*\/?(data\.pkl|data\/|version|byteorder)/s,
    "a checkpoint of PyTorch",
    "Give a file of cells.",
  ],
  [
    "PK\x03\x04",
    "a ZIP archive, as Zarr stores are packed in",
    "Give what the archive unpacks to (unzip … -d FOLDER.zarr).",
  ],
  ["\xd0\xcf\x11\xe0", "an Excel workbook", "Save the sheet as CSV."],
  ["BZh", "packed by bzip2", "Unpack it (bunzip2) and give the file that comes out."],
  ["\xfd7zXZ", "packed by xz", "Unpack it (unxz) and give the file that comes out."],
  ["\x28\xb5\x2f\xfd", "packed by Zstandard", "Unpack it (unzstd) and give the file that comes out."],
  ["7z\xbc\xaf", "a 7-Zip archive", "Unpack it and give the file that comes out."],
  ["Rar!", "a RAR archive", "Unpack it and give the file that comes out."],
  ["\x1f\x8b", "packed twice by gzip", "Unpack it (gunzip) once."],
  ["PAR1", "a Parquet table", 'Save it as CSV: pandas.read_parquet("…").to_csv("cells.csv").'],
  ["ARROW1", "a Feather table", 'Save it as CSV: pandas.read_feather("…").to_csv("cells.csv").'],
  ["FEA1", "a Feather table", 'Save it as CSV: pandas.read_feather("…").to_csv("cells.csv").'],
  ["\x93NUMPY", "a NumPy array without the names of cells and genes", "Save both in an .h5ad file."],
  ...["\x02", "\x03", "\x04", "\x05"].map((protocol): [string, string, string] => [
    `\x80${protocol}`,
    "a pickled Python object",
    'Save it in Python: adata.write_h5ad("cells.h5ad").',
  ]),
  ["\x0b\x0e\x0a\x0c", "an R object (qs)", R[1].replace("readRDS", "qs::qread")],
  ["BAM\x01", "reads (BAM), not their counts", "Count them first, and give the matrix."],
  ["@HD\t", "reads (SAM), not their counts", "Count them first, and give the matrix."],
  [/^@[^\n]+\n[ACGTN]+\n\+/, "reads (FASTQ), not their counts", "Count them first, and give the matrix."],
  ["\x89PNG", "a picture", "Give a file of cells."],
  ["\xff\xd8\xff", "a picture", "Give a file of cells."],
  ["MATLAB ", "a MATLAB file", "Save the matrix and the names as CSV, or as .h5ad in Python."],
  ["SQLite format 3", "an SQLite database", "Save the cells as .h5ad."],
  ["%PDF", "a PDF document", "Give a file of cells."],
  ["\xff\xfe", "a text in UTF-16", 'Save it in UTF-8 (in Excel: "CSV UTF-8").'],
  ["\xfe\xff", "a text in UTF-16", 'Save it in UTF-8 (in Excel: "CSV UTF-8").'],
];

/** Refuses, by name and with what to do, files that people hand in and that hold no cells that can be read here. */
export function refuseOtherFormats(path: string): void {
  const bytes = opening(path);
  const start = bytes.toString("latin1", 0, 4096);
  if (start.startsWith(HDF5) && isGzip(path))
    throw other(path, "a gzipped HDF5 file", "Unpack it (gunzip) and give the file that comes out.");
  const found = KINDS.find(([mark]) =>
    typeof mark === "string" ? start.startsWith(mark) : mark.test(start),
  );
  if (found) throw other(path, found[1], found[2]);
  if (bytes.toString("latin1", TAR_MARK, TAR_MARK + 5) === "ustar")
    throw other(path, "a tar archive", "Unpack it (tar -xf) and give the file or folder that comes out.");
  if (bytes.length === 0) throw new CellkernelError("format", `${path} is empty.`, { path });
}

/** Refuses binary files that nothing is known about: the formats that are left are texts. */
export function refuseBinary(path: string): void {
  if (!opening(path).subarray(0, 4096).includes(0)) return;
  throw new CellkernelError(
    "format",
    `${path} is in no format that is known here: expected .h5ad, 10x .h5, a folder with matrix.mtx, CSV or TSV.`,
    { path },
  );
}

/** The file's first bytes, unpacked where it is gzipped. */
function opening(path: string): Buffer {
  const bytes = firstBytes(path, LOOK);
  if (!isGzip(path)) return bytes;
  try {
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    // Reading it says what is wrong.
    return bytes.subarray(2);
  }
}

/** The same for HDF5 files, of which .h5ad and 10x's are only two. */
export function refuseOtherHdf5(file: H5File): void {
  const { path } = file;
  const members = file.keys("/");
  const has = (...names: string[]) => names.every((name) => members.includes(name));
  const attributes = file.attributeNames("/");
  const type = attributes.includes("encoding-type") ? file.textAttribute("/", "encoding-type") : undefined;
  if ((type === "MuData" || !has("X")) && has("mod") && file.kind("/mod") === "group") {
    const order = file.attribute("/mod", "mod-order")?.values;
    const names = Array.isArray(order) ? (order as string[]) : file.keys("/mod");
    const rna = names.find((name) => /^(rna|gex|gene)/i.test(name)) ?? names[0];
    throw other(
      path,
      `MuData with the modalities ${names.join(", ")}, which is not read here`,
      `Save one of them: mudata.read_h5ad("${path}", mod="${rna}").write_h5ad("cells.h5ad").`,
    );
  }
  if (has("matrix", "row_attrs", "col_attrs"))
    throw other(
      path,
      "a loom file, which is not read here",
      `Convert it: scanpy.read_loom("${path}").write_h5ad("cells.h5ad").`,
    );
  if (has("assays") && (has("cell.names") || has("meta.data")))
    throw other(
      path,
      "an h5Seurat file, which is not read here",
      `Convert it in R: SeuratDisk::Convert("${path}", dest = "h5ad").`,
    );
  if (has("barcode_idx", "umi"))
    throw other(
      path,
      "the molecule information of Cell Ranger, not its matrix",
      "Give filtered_feature_bc_matrix.h5, which lies beside it.",
    );
  if (has("model_weights") || attributes.includes("keras_version"))
    throw other(path, "a Keras model", "Give a file of cells.");
}

function other(path: string, what: string, remedy: string): CellkernelError {
  return new CellkernelError("format", `${path} is ${what}. ${remedy}`, { path });
}
