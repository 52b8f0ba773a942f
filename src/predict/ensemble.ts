/**
 * What an ensemble says: the mean of its members' probabilities, as logits, whose softmax that mean is
 * (Lakshminarayanan et al. 2017).
 * @param members Float32 [cells × classes] each: logits
 * @param asked [cells] each: 1 where the member's word counts; default: everywhere. At least one counts for each cell.
 */
export function ensembleLogits(
  members: readonly Float32Array[],
  classes: number,
  asked?: readonly Uint8Array[],
): Float32Array {
  const sums = new Float64Array(members[0].length);
  const voices = new Uint32Array(sums.length / classes);
  for (const [member, logits] of members.entries())
    for (let cell = 0; cell < voices.length; cell++) {
      if (asked?.[member][cell] === 0) continue;
      voices[cell]++;
      const at = cell * classes;
      let largest = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[at + c]);
      let total = 0;
      for (let c = 0; c < classes; c++) total += Math.exp(logits[at + c] - largest);
      for (let c = 0; c < classes; c++) sums[at + c] += Math.exp(logits[at + c] - largest) / total;
    }
  return Float32Array.from(sums, (sum, i) => Math.log(sum / voices[Math.floor(i / classes)]));
}
