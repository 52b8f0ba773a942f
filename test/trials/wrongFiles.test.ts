import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { CellkernelError, read10xH5, readCells, readH5ad } from "../../src/index.js";
import { temporaryFolder } from "../support/folder.js";

const TRIALS = "test/fixtures/trials";

/** The message, with the path cut to the file's name. */
async function refused(path: string, read: (path: string) => Promise<unknown> = readCells): Promise<string> {
  const error = await read(path).then(
    () => assert.fail(`${path} was read`),
    (thrown) => thrown,
  );
  assert.ok(
    error instanceof CellkernelError && error.code === "format" && error.at.path === path,
    String(error),
  );
  return error.message.replaceAll(path, basename(path));
}

test("files of other programs are named, with the remedy", async () => {
  const said: Record<string, string> = {
    "gz_h5ad/GSE_cells.h5ad.gz":
      "GSE_cells.h5ad.gz is a gzipped HDF5 file. Unpack it (gunzip) and give the file that comes out.",
    "gz_h5ad/seurat.rds":
      'seurat.rds is an R object (RDS or RData). Write it as .h5ad in R: zellkonverter::writeH5AD(Seurat::as.SingleCellExperiment(readRDS("…")), "cells.h5ad").',
    "loom/cells.loom":
      'cells.loom is a loom file, which is not read here. Convert it: scanpy.read_loom("cells.loom").write_h5ad("cells.h5ad").',
    "h5mu/cells.h5mu":
      'cells.h5mu is MuData with the modalities rna, prot, which is not read here. Save one of them: mudata.read_h5ad("cells.h5mu", mod="rna").write_h5ad("cells.h5ad").',
    "h5seurat/cells.h5seurat":
      'cells.h5seurat is an h5Seurat file, which is not read here. Convert it in R: SeuratDisk::Convert("cells.h5seurat", dest = "h5ad").',
    "h5seurat/molecule_info.h5":
      "molecule_info.h5 is the molecule information of Cell Ranger, not its matrix. Give filtered_feature_bc_matrix.h5, which lies beside it.",
  };
  for (const [path, message] of Object.entries(said))
    for (const read of [readCells, readH5ad, read10xH5])
      assert.equal(await refused(`${TRIALS}/${path}`, read), message);
});

test("what stands in place of a file is named by its first bytes, whatever the file is called", async (context) => {
  const folder = temporaryFolder(context);
  const page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n";
  const beginnings: [string | Buffer, RegExp][] = [
    [
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
      /a Git LFS pointer.*git lfs pull/,
    ],
    ["../../.git/annex/objects/Xk/1f/SHA256E-s12--4d7a.h5ad", /a git-annex pointer.*git annex get/],
    [page, /a web page.*Download it again/],
    [gzipSync(page), /a web page/],
    ['{"message": "Not Found"}', /a JSON document/],
    ["<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", /an XML document.*Download it again/],
    ["PK\x03\x04\x14\0", /a ZIP archive, as Zarr stores are packed in\. .*unzip/],
    [`PK\x03\x04${"\0".repeat(26)}[Content_Types].xml`, /an Excel workbook\. Save the sheet as CSV/],
    [`PK\x03\x04${"\0".repeat(26)}indices.npy`, /NumPy's \.npz, .*without the names/],
    [`PK\x03\x04${"\0".repeat(26)}best_model/data.pkl`, /a checkpoint of PyTorch/],
    ["\x0b\x0e\x0a\x0c", /an R object \(qs\)\. .*qs::qread/],
    ["@read1\nACGTN\n+\nIIIII\n", /reads \(FASTQ\)/],
    ["BAM\x01", /reads \(BAM\)/],
    [Buffer.from("89504e470d0a1a0a", "hex"), /a picture/],
    [Buffer.from("d0cf11e0a1b11ae1", "hex"), /an Excel workbook/],
    ["BZh91AY", /packed by bzip2/],
    [Buffer.from("fd377a585a00", "hex"), /packed by xz/],
    [Buffer.from("28b52ffd", "hex"), /packed by Zstandard/],
    [gzipSync(gzipSync("cell,A\n")), /packed twice/],
    [gzipSync(Buffer.concat([Buffer.from("X\n\0\0\0\x03\0\x04")])), /an R object/],
    ["PAR1\x15\0", /a Parquet table.*to_csv/],
    ["ARROW1\0\0", /a Feather table/],
    [Buffer.from("934e554d5059", "hex"), /a NumPy array/],
    [Buffer.from("80049500", "hex"), /a pickled Python object/],
    ["MATLAB 7.3 MAT-file, Platform: GLNXA64", /a MATLAB file/],
    [Buffer.from("\ufeffcell\tA\n", "utf16le"), /a text in UTF-16.*UTF-8/],
    [Buffer.concat([Buffer.alloc(257, "x"), Buffer.from("ustar\x0000")]), /a tar archive/],
    ["", /is empty/],
  ];
  for (const [content, message] of beginnings) {
    const path = join(folder, "cells.h5ad");
    writeFileSync(path, typeof content === "string" ? Buffer.from(content, "latin1") : content);
    for (const read of [readCells, readH5ad]) assert.match(await refused(path, read), message);
  }
});
