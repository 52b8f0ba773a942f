/** The class that the model finds likeliest for each cell. */
export interface LabelledCells {
  /** Int32 [cells]: class with the largest logit (the first of equals). */
  codes: Int32Array;
  /** Float32 [cells]: its softmax probability, 0 … 1. */
  probabilities: Float32Array;
  /** Float32 [cells × classes]: softmax probability of each class. */
  scores: Float32Array;
  /** Float32 [cells]: its probability less that of the second likeliest, 0 … 1. */
  margins: Float32Array;
}

/**
 * @param logits Float32 [cells × classes]
 * @param temperature by which they are divided, so that probabilities say how often labels are right; changes no label
 */
export function labelCells(logits: Float32Array, classes: number, temperature = 1): LabelledCells {
  const cells = logits.length / classes;
  const codes = new Int32Array(cells);
  const scores = new Float32Array(logits.length);
  const probabilities = new Float32Array(cells);
  const margins = new Float32Array(cells);
  const shares = new Float64Array(classes);
  for (let i = 0; i < cells; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    let first = 0;
    for (let c = 1; c < classes; c++) if (row[c] > row[first]) first = c;
    let total = 0;
    let second = 0;
    for (let c = 0; c < classes; c++) {
      const share = Math.exp((row[c] - row[first]) / temperature);
      total += share;
      shares[c] = share;
      if (c !== first) second = Math.max(second, share);
    }
    for (let c = 0; c < classes; c++) scores[i * classes + c] = shares[c] / total;
    codes[i] = first;
    probabilities[i] = 1 / total;
    margins[i] = (1 - second) / total;
  }
  return { codes, probabilities, scores, margins };
}
