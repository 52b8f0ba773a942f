/** What the cells of a cluster are together. */
export interface ClusterVote {
  /** Code of the label that most of its cells have, of equals the first; −1 where none has a label. */
  label: number;
  /** Share of its labelled cells that have it; NaN where none has a label. */
  share: number;
  /** Number of its labelled cells. */
  cells: number;
}

/**
 * The vote of each cluster's cells (celltypist's majority voting).
 * @param clusters [cells]: cluster of each; −1 for none
 * @param labels [cells]: label of each; −1 for none, which has no vote
 * @returns [clusters]
 */
export function clusterVotes(
  clusters: ArrayLike<number>,
  labels: ArrayLike<number>,
  clusterCount: number,
  classes: number,
): ClusterVote[] {
  const votes = new Uint32Array(clusterCount * classes);
  for (let cell = 0; cell < labels.length; cell++)
    if (clusters[cell] >= 0 && labels[cell] >= 0) votes[clusters[cell] * classes + labels[cell]]++;
  return Array.from({ length: clusterCount }, (_, cluster) => {
    const own = votes.subarray(cluster * classes, (cluster + 1) * classes);
    const cells = own.reduce((sum, count) => sum + count, 0);
    const most = own.reduce((best, count, code) => (count > own[best] ? code : best), 0);
    return { label: cells === 0 ? -1 : most, share: own[most] / cells, cells };
  });
}
