import type { PreprocessSummary } from "../protocol/preprocessFile.js";
import { mergePreprocess } from "../protocol/rounds/mergePreprocess.js";
import { STEP } from "../protocol/rounds/plan.js";
import { mergeShards } from "../protocol/shards/mergeShards.js";
import { readPlan } from "../store/plan.js";
import { command, text, UsageError } from "./command.js";
import { describePrepared } from "./preprocess.js";
import { shareLines } from "./shareLine.js";

interface Merged {
  out: string;
  cells: number;
  labels: Record<string, number>;
  notes: string[];
}

/** `cellkernel merge PLAN DIR --out FILE` */
export const mergeCommand = command({
  summary: "puts the parts of a plan together, to the file that one machine would have written",
  positionals: "PLAN DIR",
  required: 2,
  options: {
    out: {
      value: "FILE",
      help: "of a preparation: the folder to write; else a copy of the cells' file, with the results (needed): .h5ad up to a million cells, .zarr; of labels also a table, .csv or .parquet",
    },
    report: {
      value: "PAGE",
      help: "of labels: page to write besides, .html; needs an .h5ad or .zarr as output",
    },
  },
  async run(call): Promise<Merged | PreprocessSummary> {
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the .h5ad or .zarr to write.");
    const [plan, folder] = call.positionals;
    if (readPlan(plan).step === STEP) {
      if (text(call, "report") !== undefined)
        throw new UsageError("--report is none of the options of preprocess: leave it out.");
      return mergePreprocess(plan, folder, { out, signal: call.signal });
    }
    const { path, cells, labels, notes } = await mergeShards(plan, folder, {
      ...{ out, report: text(call, "report"), signal: call.signal },
      onProgress: shareLines(call.progress, "merged"),
    });
    return { out: path, cells, labels: Object.fromEntries(labels), notes };
  },
  text: (result) => ("labels" in result ? mergedText(result) : describePrepared(result)),
});

function mergedText({ out, cells, labels, notes }: Merged): string {
  return [
    ...Object.entries(labels).map(([label, count]) => `${label}: ${count}`),
    ...notes.map((note) => `- ${note}`),
    `${cells} cells merged. Written to ${out}`,
  ].join("\n");
}
