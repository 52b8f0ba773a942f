import { explain } from "../protocol/explain.js";
import { loadRun } from "../protocol/run.js";
import { EXPLANATION } from "../settings/explanation.js";
import { flags, fromFlags } from "../settings/flags.js";
import { PUBLISHED_RUN } from "../settings/model.js";
import { SAMPLES } from "../settings/samples.js";
import { checkWritable } from "../support/temporaryFile.js";
import { command, text, UsageError } from "./command.js";
import { shareLines } from "./shareLine.js";

const OPTIONS = { ...EXPLANATION, ...SAMPLES };

/** `cellkernel explain RUN FILE…` */
export const explainCommand = command({
  summary: "says which genes a run's labels come from, of cells or of predicted types",
  positionals: "RUN FILE…",
  required: 2,
  options: {
    out: { value: "FILE", help: "table of all genes to write, as .csv" },
    ...flags(PUBLISHED_RUN),
    ...flags(OPTIONS),
  },
  async run(call) {
    const out = text(call, "out");
    if (out !== undefined) checkTable(out);
    const [folder, ...files] = call.positionals;
    const found = await explain(await loadRun(folder, fromFlags(PUBLISHED_RUN, call.values)), files, {
      ...fromFlags(OPTIONS, call.values),
      signal: call.signal,
      onProgress: shareLines(call.progress, "explained"),
    });
    if (out !== undefined) found.write(out);
    return { ...found.results(), out };
  },
  text: ({ types, cells, notes, out }) =>
    [
      ...notes.map((note) => `- ${note}`),
      ...types.map(
        ({ label, cells, genes, markers }) =>
          `${label} (${cells} cells): ${named(genes)}; markers: ${named(markers) || "none"}`,
      ),
      ...cells.map(
        ({ cell_id, label, probability, genes }) =>
          `${cell_id}: ${label} (${probability.toFixed(3)}): ${named(genes)}`,
      ),
      ...(out === undefined ? [] : [`Written to ${out}`]),
    ].join("\n"),
});

function named(genes: readonly { gene: string }[]): string {
  return genes.map(({ gene }) => gene).join(", ");
}

function checkTable(out: string): void {
  if (!/\.csv$/i.test(out))
    throw new UsageError(`--out is ${out}; expected a table's name, which ends in .csv.`);
  checkWritable(out);
}
