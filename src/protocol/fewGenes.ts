import { CellkernelError } from "../support/error.js";
import { likelyReason } from "../tokenize/geneHints.js";

/** Share of the run's genes below which cells are not labelled: labels are then wrong at high probabilities. */
const REFUSED_BELOW = 0.2;
/** … and below which a note says so loudly. */
const NOTED_BELOW = 0.6;
/** Genes that are named. */
const NAMED = 5;

/** What a file has of a run's genes. */
export interface GeneOverlap {
  /** Path of the file, name of the run. */
  file: string;
  run: string;
  /** Genes that became tokens in the training. */
  runGenes: readonly string[];
  /** What the file calls its genes, where most of them were found. */
  fileGenes: readonly string[];
  /** The run's name of each; undefined where it has none. */
  runNames: readonly (string | undefined)[];
  /** Genes of the run that were found. */
  found: ReadonlySet<string>;
}

/**
 * Notes on how much of the run's genes a file has.
 * @param accepted the user goes on although there are too few
 * @throws when there are too few, with both sides' shares and names, the likely reason and the remedy
 */
export function checkOverlap(overlap: GeneOverlap, accepted: boolean): string[] {
  const { runGenes, found } = overlap;
  const share = found.size / runGenes.length;
  const has = `${found.size} of the ${runGenes.length} genes that the run was trained on are in this file (${percent(share)})`;
  if (share >= NOTED_BELOW) return [`${has}.`];
  if (share >= REFUSED_BELOW) return [`WARNING: only ${has}: labels may be poor, however sure they look.`];
  if (!accepted || found.size === 0)
    throw new CellkernelError("few-genes", refusal(overlap, share), {
      path: overlap.file,
      found: found.size,
      of: runGenes.length,
    });
  return [
    `WARNING: only ${has}: labels are likely to be wrong, however sure they look. They were asked for all the same (fewGenes).`,
  ];
}

function refusal({ file, run, runGenes, fileGenes, runNames, found }: GeneOverlap, share: number): string {
  const missing = runGenes.filter((gene) => !found.has(gene));
  const foreign = fileGenes.filter((_, i) => !found.has(runNames[i] ?? ""));
  const ofFile = fileGenes.length - foreign.length;
  const quote = (names: readonly string[]) =>
    names
      .slice(0, NAMED)
      .map((name) => `"${name}"`)
      .join(", ");
  return (
    `${file} has ${found.size} of the ${runGenes.length} genes that the run ${run} was trained on (${percent(share)}); ` +
    `they are ${percent(ofFile / Math.max(1, fileGenes.length))} of the file's ${fileGenes.length} genes. From less than ${percent(REFUSED_BELOW)}, labels look sure and are wrong. ` +
    `The run has ${quote(missing)}; the file has ${quote(foreign)}. ${likelyReason(fileGenes, runGenes)} ` +
    `For a targeted panel, prepare the training cells with the genes that the new file has, and fine-tune anew: ` +
    `cellkernel preprocess TRAINING.h5ad --genes-of ${file} …` +
    (found.size === 0
      ? ""
      : " To label the cells all the same: fewGenes: true (--few-genes), which is recorded.")
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}
