/**
 * What an ensemble says: the mean of its members' probabilities, as logits, whose softmax that mean is
 * (Lakshminarayanan et al. 2017).
 * @param members Float32 [cells × classes] each: logits
 */
export function ensembleLogits(members: readonly Float32Array[], classes: number): Float32Array {
  const sums = new Float64Array(members[0].length);
  for (const logits of members)
    for (let at = 0; at < logits.length; at += classes) {
      let largest = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[at + c]);
      let total = 0;
      for (let c = 0; c < classes; c++) total += Math.exp(logits[at + c] - largest);
      for (let c = 0; c < classes; c++) sums[at + c] += Math.exp(logits[at + c] - largest) / total;
    }
  return Float32Array.from(sums, (sum) => Math.log(sum / members.length));
}
