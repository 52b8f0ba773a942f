import { openEmbedder } from "../protocol/embedder.js";
import { buildIndex, type CellIndex, type IndexOptions, loadIndex } from "../protocol/indexCells.js";
import { flags, fromFlags } from "../settings/flags.js";
import { INDEX } from "../settings/mapping.js";
import { SAMPLES } from "../settings/samples.js";
import { isIndex } from "../store/indexFolder.js";
import { command, text, UsageError } from "./command.js";
import { shareLines } from "./shareLine.js";

const OPTIONS = { ...INDEX, ...SAMPLES };

async function grown(folder: string, files: string[], options: IndexOptions): Promise<CellIndex> {
  const index = await loadIndex(folder);
  await index.add(files, options);
  return index;
}

/** `cellkernel index MODEL|RUN FILE… --label-column COLUMN --out INDEX` */
export const indexCommand = command({
  summary: "makes an index of labelled cells, to map others to without training",
  positionals: "MODEL|RUN|INDEX FILE…",
  required: 2,
  options: {
    out: {
      value: "INDEX",
      help: "folder for the index (needed); where the first argument is an index, the file's cells are added to its own",
    },
    overwrite: { help: "an index that is in that folder already is replaced" },
    ...flags(OPTIONS),
  },
  async run(call) {
    const out = text(call, "out");
    if (out === undefined) throw new UsageError("--out is missing: the folder for the index.");
    const [folder, ...files] = call.positionals;
    if (isIndex(out) && out !== folder && call.values.overwrite !== true)
      throw new UsageError(`${out} holds an index already; give another folder, or --overwrite.`);
    const options = {
      ...fromFlags(OPTIONS, call.values),
      signal: call.signal,
      onProgress: shareLines(call.progress, "embedded"),
    };
    if (options.labelColumn === undefined)
      throw new UsageError("--label-column is missing: the obs column of the labels.");
    const index = isIndex(folder)
      ? await grown(folder, files, options)
      : await buildIndex(await openEmbedder(folder), files, options);
    await index.save(out);
    const counts = index.counts();
    return {
      out,
      cells: index.cells,
      labels: Object.fromEntries(index.classes.map((name, label) => [name, counts[label]])),
      notes: index.parts.notes,
    };
  },
  text: ({ out, cells, labels, notes }) =>
    [
      ...Object.entries(labels).map(([label, count]) => `${label}: ${count}`),
      ...notes.map((note) => `- ${note}`),
      `An index of ${cells} cells. Written to ${out}`,
    ].join("\n"),
});
