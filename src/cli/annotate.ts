import { annotate } from "../protocol/annotate.js";
import { loadRun } from "../protocol/run.js";
import { ANNOTATION } from "../settings/annotation.js";
import { flags, fromFlags } from "../settings/flags.js";
import { PUBLISHED_RUN } from "../settings/model.js";
import { NEW_CELLS, PREDICTION } from "../settings/prediction.js";
import { SAMPLES } from "../settings/samples.js";
import { command, text, UsageError } from "./command.js";
import { doShard, isShard, requireFiles, SHARD_FLAGS, shardText } from "./shards.js";
import { shareLines } from "./shareLine.js";

// The true types are of no use here.
const { cellType, ...newCells } = NEW_CELLS;
const OPTIONS = { ...PREDICTION, ...newCells, ...SAMPLES, ...ANNOTATION };

/** `cellkernel annotate RUN FILE… --out FILE`, `cellkernel annotate --plan PLAN --shard I --out DIR` */
export const annotateCommand = command({
  summary: "labels the cells of an .h5ad file, or of several, with a fine-tuned model",
  positionals: "RUN FILE…",
  required: 0,
  options: {
    out: {
      value: "FILE",
      help: "labelled .h5ad or .zarr, or a table, .csv or .parquet, to write (needed); not the input",
    },
    ...SHARD_FLAGS,
    ...flags(PUBLISHED_RUN),
    ...flags(OPTIONS),
  },
  async run(call) {
    if (isShard(call)) return doShard(call, "annotate", "labelled");
    requireFiles(call, "RUN FILE…");
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the labelled .h5ad or .zarr to write.");
    const [folder, ...files] = call.positionals;
    const annotation = await annotate(await loadRun(folder, fromFlags(PUBLISHED_RUN, call.values)), files, {
      ...fromFlags(OPTIONS, call.values),
      out,
      signal: call.signal,
      onProgress: shareLines(call.progress, "labelled"),
    });
    return {
      out,
      cells: annotation.codes.length,
      labels: Object.fromEntries(annotation.counts()),
      notes: annotation.notes,
    };
  },
  text: (result) => {
    if ("skipped" in result) return shardText(result, "labelled");
    const { out, cells, labels, notes } = result;
    return [
      ...Object.entries(labels).map(([label, count]) => `${label}: ${count}`),
      ...notes.map((note) => `- ${note}`),
      `${cells} cells labelled. Written to ${out}`,
    ].join("\n");
  },
});
