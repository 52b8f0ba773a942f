import { table } from "arquero";
import type { Run } from "cellkernel";

/** What the parts of the model are called in the names of its weights, and what they do. */
const PARTS = [
  ["encoder.", "gene encoder", "a vector for each gene of the vocabulary"],
  ["value_encoder.", "value encoder", "a vector for each value"],
  ["transformer_encoder.", "transformer", "lets the genes of a cell speak to one another"],
  ["decoder.", "value decoder", "predicts hidden values; not used here"],
  ["cls_decoder.", "class decoder", "makes a type out of the cell's vector"],
] as const;

/** The part that a weight belongs to. */
function partOf(name: string): (typeof PARTS)[number] | undefined {
  return PARTS.find(([prefix]) => name.startsWith(prefix));
}

/**
 * The parts of a model, how many weights each has, and how many of them training has moved.
 * @param before the model as it was
 */
export function weightsByPart(run: Run, before?: Run) {
  const rows = PARTS.flatMap((part) => {
    const own = [...run.weights].filter(([name]) => partOf(name) === part);
    if (own.length === 0) return [];
    const weights = own.reduce((sum, [, { data }]) => sum + data.length, 0);
    const moved = own.reduce(
      (sum, [name, { data }]) => sum + differing(data, before?.weights.get(name)?.data),
      0,
    );
    return [{ part: part[1], "what it does": part[2], weights, moved }];
  });
  const column = <K extends keyof (typeof rows)[number]>(name: K) => rows.map((row) => row[name]);
  return table({
    part: column("part"),
    "what it does": column("what it does"),
    weights: column("weights"),
    ...(before && { "moved by training": column("moved") }),
  });
}

/** How many weights training has moved. */
export function weightsMoved(run: Run, before: Run): number {
  return [...run.weights].reduce(
    (sum, [name, { data }]) => sum + differing(data, before.weights.get(name)?.data),
    0,
  );
}

function differing(after: Float32Array, before: Float32Array | undefined): number {
  let count = 0;
  if (before) for (let i = 0; i < after.length; i++) if (after[i] !== before[i]) count++;
  return count;
}
