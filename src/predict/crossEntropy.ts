/**
 * Mean cross-entropy of logits, as PyTorch's `cross_entropy(logits, labels, weight)`:
 * with class weights, Σ w·loss / Σ w. Also the share of cells whose largest logit is of another class.
 * @param logits Float32 [cells × classes]
 * @param labels [cells]
 */
export function crossEntropy(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classWeights?: ArrayLike<number>,
): { loss: number; error: number } {
  const classes = logits.length / labels.length;
  let loss = 0;
  let weights = 0;
  let wrong = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    let largest = 0;
    for (let c = 1; c < classes; c++) if (row[c] > row[largest]) largest = c;
    let total = 0;
    for (let c = 0; c < classes; c++) total += Math.exp(row[c] - row[largest]);
    const weight = classWeights?.[labels[i]] ?? 1;
    loss += weight * (row[largest] + Math.log(total) - row[labels[i]]);
    weights += weight;
    if (largest !== labels[i]) wrong++;
  }
  return { loss: loss / weights, error: wrong / labels.length };
}
