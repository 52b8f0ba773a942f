import { runShard, type ShardOptions, type ShardResult } from "./runShard.js";

/**
 * Does a shard of a plan for `annotate`: labels the cells of its rows, and writes what it found to a part's file, whole or not
 * at all. Where the part is there already and whole, nothing is done.
 *
 * @param plan what `planShards` wrote
 * @param shard its number, from 0
 * @throws where there is no such shard, the cells' files, the run or Cellkernel's version are others than when the plan was
 *   made, or a part of another plan stands in the folder
 * @example
 * const { shards } = await planShards("run", "cells.h5ad", { shards: 2, out: "label.json" });
 * shards; // → [[0, 350], [350, 700]]
 * const { path } = await annotateShard("label.json", 1, { out: "label_parts" });
 * path; // → "label_parts/part.00001.annotate.safetensors"
 */
export function annotateShard(plan: string, shard: number, options: ShardOptions): Promise<ShardResult> {
  return runShard(plan, "annotate", shard, options);
}

/**
 * Does a shard of a plan for `embed`, as `annotateShard` does.
 *
 * @param plan what `planShards` wrote
 * @param shard its number, from 0
 * @example
 * await planShards("run", "cells.h5ad", { shards: 7, step: "embed", out: "sevenths.json" });
 * await embedShard("sevenths.json", 6, { out: "seven_parts", threads: 1 });
 */
export function embedShard(plan: string, shard: number, options: ShardOptions): Promise<ShardResult> {
  return runShard(plan, "embed", shard, options);
}

/**
 * Does a shard of a plan for `mapCells`, as `annotateShard` does.
 *
 * @param plan what `planShards` wrote
 * @param shard its number, from 0
 * @example
 * const index = await buildIndex("run", "cells.h5ad", { labelColumn: "bulk_labels" });
 * await index.save("shared_index");
 * await planShards("shared_index", "cells.h5ad", { shards: 2, k: 15, out: "map.json" });
 * await mapShard("map.json", 0, { out: "map_parts" });
 */
export function mapShard(plan: string, shard: number, options: ShardOptions): Promise<ShardResult> {
  return runShard(plan, "map", shard, options);
}
