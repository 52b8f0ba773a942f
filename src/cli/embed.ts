import { embed } from "../protocol/embed.js";
import { openEmbedder } from "../protocol/embedder.js";
import { flags, fromFlags } from "../settings/flags.js";
import { PUBLISHED_RUN } from "../settings/model.js";
import { NEW_CELLS, PREDICTION } from "../settings/prediction.js";
import { SAMPLES } from "../settings/samples.js";
import { command, text, UsageError } from "./command.js";
import { doShard, isShard, requireFiles, SHARD_FLAGS, shardText } from "./shards.js";
import { shareLines } from "./shareLine.js";

// The true types are of no use here.
const { cellType, ...newCells } = NEW_CELLS;
const OPTIONS = { ...PREDICTION, ...newCells, ...SAMPLES };

/** `cellkernel embed MODEL FILE… --out FILE`, `cellkernel embed --plan PLAN --shard I --out DIR` */
export const embedCommand = command({
  summary:
    "writes the embeddings of the cells of an .h5ad file, or of several, of any number, by a run or a model that was never fine-tuned",
  positionals: "MODEL FILE…",
  required: 0,
  options: {
    out: { value: "FILE", help: "copy of the file to write (needed), with obsm/X_scGPT; not the input" },
    ...SHARD_FLAGS,
    ...flags(PUBLISHED_RUN),
    ...flags(OPTIONS),
  },
  async run(call) {
    if (isShard(call)) return doShard(call, "embed", "embedded");
    requireFiles(call, "MODEL FILE…");
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the .h5ad to write.");
    const [folder, ...files] = call.positionals;
    return embed(await openEmbedder(folder, fromFlags(PUBLISHED_RUN, call.values)), files, {
      ...fromFlags(OPTIONS, call.values),
      out,
      signal: call.signal,
      onProgress: shareLines(call.progress, "embedded"),
    });
  },
  text: (result) => {
    if ("skipped" in result) return shardText(result, "embedded");
    const { path, width, notes } = result;
    const written = `${width} numbers a cell in obsm/X_scGPT. Written to ${path}`;
    return [...notes.map((note) => `- ${note}`), written].join("\n");
  },
});
