/**
 * Weight of each class in the loss, n / (k · count): rare classes count as much as frequent ones.
 * A class without training cells has weight 0.
 * @param labels Int32 [cells]: code of each training cell's class
 * @param classes k
 */
export function balancedClassWeights(labels: ArrayLike<number>, classes: number): Float32Array {
  const counts = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return Float32Array.from(counts, (count) => (count > 0 ? labels.length / (classes * count) : 0));
}
