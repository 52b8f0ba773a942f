/** Lists that are looked through: as many as the published code takes, by the number of lists. */
export function defaultProbes(lists: number): number {
  return lists <= 1e3 ? 16 : lists <= 4e3 ? 32 : lists <= 1.6e4 ? 64 : 128;
}
