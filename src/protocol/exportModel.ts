import { extname, join } from "node:path";
import { cutGeneTable } from "../checkpoint/geneTable.js";
import { writeSafetensors } from "../checkpoint/safetensors.js";
import { writeTorch } from "../checkpoint/torchWrite.js";
import { standaloneOnnx } from "../model/inference.js";
import { checkedWeight, parameterShapes } from "../model/parameters.js";
import { EXPORT, type ExportOptions } from "../settings/export.js";
import { resolve } from "../settings/setting.js";
import { writeFileAtomically } from "../support/atomic.js";
import { CellkernelError } from "../support/error.js";
import { geneRows } from "./geneRows.js";
import type { Run } from "./run.js";

/** What was written. */
export interface Exported {
  /** The file. */
  path: string;
  /** What it is. */
  format: "safetensors" | "pt" | "onnx";
  /** What the file takes and gives, in a sentence. */
  holds: string;
}

/**
 * Writes a fine-tuned model for other programs.
 *
 * - `safetensors`: the state dict under PyTorch's names, float32; architecture and classes in its metadata.
 * - `pt`: the state dict, for `torch.load`.
 * - `onnx`: the classifier that stands alone, run by any ONNX runtime. Inputs `genes` int32 and `values` float32 [cells,
 *   tokens] (`<cls>` with value 0 first, then a token a gene, padded by `<pad>`), `batchLabels` int32 [cells] where the model
 *   uses them; outputs `probabilities`, `cls_output` [cells, classes], `cell_emb` [cells, width]. Its metadata has, in JSON,
 *   `vocabulary` (row of each gene and token), `classes`, `batches`, `preprocessing` (how values are made) and `args`.
 *
 * @param out the file; when absent, `model.<format>` in the run's folder. Its ending says the format unless the option does.
 * @throws where the format is none of these, or the run stands in no folder and no file is named
 * @example
 * const { format } = await exportModel(run, "model.onnx");
 * format; // → "onnx"
 */
export async function exportModel(run: Run, out?: string, options: ExportOptions = {}): Promise<Exported> {
  const { format: given } = resolve(EXPORT, options);
  const format = given ?? formatOf(out);
  if (out === undefined && run.folder === undefined)
    throw new CellkernelError(
      "path",
      'the run was not saved: name the file to write, exportModel(run, "model.onnx")',
    );
  const path = out ?? join(run.folder!, `model.${format}`);
  const { args, weights, classes } = run;
  if (format === "onnx") writeFileAtomically(path, [onnxOf(run)]);
  else if (format === "pt") writeTorch(path, weights);
  else writeSafetensors(path, weights, { args: JSON.stringify(args), classes: JSON.stringify(classes) });
  const holds =
    format === "onnx"
      ? `genes and values [cells, tokens] in, probabilities [cells, ${classes.length}] out; vocabulary, classes and preprocessing in its metadata`
      : `${weights.size} tensors under PyTorch's names, float32`;
  return { path, format, holds };
}

function formatOf(path: string | undefined): Exported["format"] {
  if (path === undefined) return "safetensors";
  const format = EXPORT.format.words?.find((word) => extname(path) === `.${word}`);
  if (format) return format as Exported["format"];
  throw new CellkernelError(
    "option",
    `${path} ends in none of ${EXPORT.format.words?.map((word) => `.${word}`).join(", ")}: name the format by the option format (--format)`,
    { option: "format", path },
  );
}

function onnxOf({ args, parts, weights, vocabulary, classes, genes, name }: Run): Uint8Array {
  const rows = geneRows(vocabulary, genes);
  const size = { genes: rows.length, classes: classes.length, batches: parts.batches?.length };
  const cut = cutGeneTable(weights, rows);
  const shapes = parameterShapes(args, size);
  const { doNorm, normalizeTotal, nBins, includeZeroGene } = parts.preparation;
  const logs = doNorm && !parts.recipe.logged;
  const metadata = {
    name,
    vocabulary: Object.fromEntries([args.pad_token, "<cls>", ...genes].map((token, row) => [token, row])),
    classes,
    ...(parts.batches ? { batches: parts.batches } : {}),
    preprocessing: {
      normalize_total: logs ? normalizeTotal : null,
      // The genes whose counts make up a cell's total.
      total_genes: parts.recipe.totalGenes,
      log1p: logs,
      n_bins: nBins,
      include_zero_gene: includeZeroGene,
      cls_value: 0,
      pad_value: args.pad_value,
    },
    args,
  };
  return standaloneOnnx(
    { args, size, padRow: 0 },
    (key) => checkedWeight(cut, key, shapes).data,
    parts.trust?.temperature ?? 1,
    Object.fromEntries(
      Object.entries(metadata).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
}
