import { mergeShards } from "../protocol/shards/mergeShards.js";
import { command, text, UsageError } from "./command.js";
import { shareLines } from "./shareLine.js";

/** `cellkernel merge PLAN DIR --out FILE` */
export const mergeCommand = command({
  summary: "puts the parts of a plan together, to the file that one machine would have written",
  positionals: "PLAN DIR",
  required: 2,
  options: {
    out: {
      value: "FILE",
      help: "copy of the cells' file to write (needed), with the results: .h5ad up to a million cells, .zarr; of labels also a table, .csv or .parquet",
    },
    report: {
      value: "PAGE",
      help: "of labels: page to write besides, .html; needs an .h5ad or .zarr as output",
    },
  },
  async run(call) {
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the .h5ad or .zarr to write.");
    const [plan, folder] = call.positionals;
    const { path, cells, labels, notes } = await mergeShards(plan, folder, {
      ...{ out, report: text(call, "report"), signal: call.signal },
      onProgress: shareLines(call.progress, "merged"),
    });
    return { out: path, cells, labels: Object.fromEntries(labels), notes };
  },
  text: ({ out, cells, labels, notes }) =>
    [
      ...Object.entries(labels).map(([label, count]) => `${label}: ${count}`),
      ...notes.map((note) => `- ${note}`),
      `${cells} cells merged. Written to ${out}`,
    ].join("\n"),
});
