import type { Weights } from "./weights.js";

/** Prefixes that wrappers put before every key: data-parallel training, and torch.compile. */
const WRAPPERS = ["module.", "_orig_mod."];

/**
 * The weights under the names that the plain PyTorch model has: without a wrapper's prefix, and with
 * flash-attention's names of the attention weights (`self_attn.Wqkv.*`, `self_attn._impl.*`) changed back.
 * The tensors themselves are the same in both; the published fine-tuning code omits the renaming
 * when flash-attention is off, and so leaves all attention weights random.
 */
export function plainKeys(weights: Weights): Weights {
  const names = [...weights.keys()];
  const prefix = WRAPPERS.find((wrapper) => names.every((name) => name.startsWith(wrapper))) ?? "";
  return new Map(
    [...weights].map(([name, weight]) => [
      name
        .slice(prefix.length)
        .replace(".self_attn._impl.", ".self_attn.")
        .replace(".self_attn.Wqkv.", ".self_attn.in_proj_"),
      weight,
    ]),
  );
}

/** What became of a checkpoint's tensors when a model took them. */
export interface Coverage {
  /** Keys of the model that the checkpoint filled. */
  taken: string[];
  /** Keys of the model that the checkpoint lacks: they start at random. */
  missing: string[];
  /** Keys whose shapes differ: they start at random. */
  otherShape: { key: string; model: number[]; checkpoint: number[] }[];
  /** Keys of the checkpoint that the model has no use for. */
  unused: string[];
}

/** Takes every tensor whose name and shape agree with the model's. */
export function takeWeights(
  shapes: ReadonlyMap<string, readonly number[]>,
  checkpoint: Weights,
): { weights: Weights; coverage: Coverage } {
  const weights: Weights = new Map();
  const coverage: Coverage = { taken: [], missing: [], otherShape: [], unused: [] };
  for (const [key, shape] of shapes) {
    const found = checkpoint.get(key);
    if (!found) coverage.missing.push(key);
    else if (found.shape.join() !== shape.join())
      coverage.otherShape.push({ key, model: [...shape], checkpoint: found.shape });
    else {
      coverage.taken.push(key);
      weights.set(key, found);
    }
  }
  coverage.unused = [...checkpoint.keys()].filter((key) => !shapes.has(key));
  return { weights, coverage };
}

/** The coverage in a few lines for the reader, long lists cut. */
export function describeCoverage({ taken, missing, otherShape, unused }: Coverage): string[] {
  const total = taken.length + missing.length + otherShape.length;
  const lines = [`${taken.length} of ${total} tensors of the model taken from the checkpoint`];
  if (missing.length > 0) lines.push(`not in the checkpoint, random: ${shorten(missing)}`);
  for (const { key, model, checkpoint } of otherShape)
    lines.push(`of another shape, random: ${key} is [${checkpoint}] there and [${model}] here`);
  if (unused.length > 0) lines.push(`in the checkpoint and not used: ${shorten(unused)}`);
  return lines;
}

function shorten(keys: string[]): string {
  const shown = keys.slice(0, 6).join(", ");
  return keys.length > 6 ? `${shown} and ${keys.length - 6} more` : shown;
}
