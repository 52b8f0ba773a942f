import { mapCells } from "../protocol/mapCells.js";
import { openIndex } from "../protocol/openIndex.js";
import { flags, fromFlags } from "../settings/flags.js";
import { MAPPING } from "../settings/mapping.js";
import { SAMPLES } from "../settings/samples.js";
import { command, text, UsageError } from "./command.js";
import { doShard, isShard, requireFiles, SHARD_FLAGS, shardText } from "./shards.js";
import { shareLines } from "./shareLine.js";

const OPTIONS = { ...MAPPING, ...SAMPLES };

/** `cellkernel map INDEX FILE… --out FILE`, `cellkernel map --plan PLAN --shard I --out DIR` */
export const mapCommand = command({
  summary: "labels the cells of an .h5ad file, or of several, by their nearest cells in an index",
  positionals: "INDEX FILE…",
  required: 0,
  options: {
    out: { value: "FILE", help: "labelled .h5ad, .zarr, .csv or .parquet to write (needed); not the input" },
    model: {
      value: "DIR",
      help: "the model or run that the index was made with; default: where it was then; of a published index it is needed",
    },
    ...SHARD_FLAGS,
    ...flags(OPTIONS),
  },
  async run(call) {
    if (isShard(call)) return doShard(call, "map", "mapped");
    requireFiles(call, "INDEX FILE…");
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the labelled .h5ad to write.");
    const [folder, ...files] = call.positionals;
    const index = await openIndex(folder, text(call, "model"));
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
  text: (result) => {
    if ("skipped" in result) return shardText(result, "mapped");
    const { out, cells, labels, notes } = result;
    return [
      ...Object.entries(labels).map(([label, count]) => `${label}: ${count}`),
      ...notes.map((note) => `- ${note}`),
      `${cells} cells mapped. Written to ${out}`,
    ].join("\n");
  },
});
