import type { CellReference } from "../protocol/cellReference.js";
import { loadIndex } from "../protocol/indexCells.js";
import { mapCells } from "../protocol/mapCells.js";
import { isPublishedIndex, loadPublishedIndex } from "../protocol/publishedIndex.js";
import { flags, fromFlags } from "../settings/flags.js";
import { MAPPING } from "../settings/mapping.js";
import { SAMPLES } from "../settings/samples.js";
import { command, text, UsageError } from "./command.js";
import { shareLines } from "./shareLine.js";

const OPTIONS = { ...MAPPING, ...SAMPLES };

async function opened(folder: string, model: string | undefined): Promise<CellReference> {
  if (!isPublishedIndex(folder)) return loadIndex(folder, { model });
  if (model === undefined)
    throw new UsageError(
      `--model is missing: ${folder} holds an index of faiss, which does not say by which model its cells were embedded.`,
    );
  return loadPublishedIndex(folder, model);
}

/** `cellkernel map INDEX FILE… --out FILE` */
export const mapCommand = command({
  summary: "labels the cells of an .h5ad file, or of several, by their nearest cells in an index",
  positionals: "INDEX FILE…",
  required: 2,
  options: {
    out: { value: "FILE", help: "labelled .h5ad, .zarr, .csv or .parquet to write (needed); not the input" },
    model: {
      value: "DIR",
      help: "the model or run that the index was made with; default: where it was then; of a published index it is needed",
    },
    ...flags(OPTIONS),
  },
  async run(call) {
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the labelled .h5ad to write.");
    const [folder, ...files] = call.positionals;
    const index = await opened(folder, text(call, "model"));
    const mapping = await mapCells(index, files, {
      ...fromFlags(OPTIONS, call.values),
      out,
      signal: call.signal,
      onProgress: shareLines(call.progress, "mapped"),
    });
    return {
      out,
      cells: mapping.codes.length,
      labels: Object.fromEntries(mapping.counts()),
      notes: mapping.notes,
    };
  },
  text: ({ out, cells, labels, notes }) =>
    [
      ...Object.entries(labels).map(([label, count]) => `${label}: ${count}`),
      ...notes.map((note) => `- ${note}`),
      `${cells} cells mapped. Written to ${out}`,
    ].join("\n"),
});
