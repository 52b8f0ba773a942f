import { annotateShard } from "../src/protocol/shards/steps.js";

// Started as a process of its own: does the shard argv[3] of the plan argv[2] into the folder argv[4], says its peak memory.
const [plan, shard, out] = process.argv.slice(2);
const { cells } = await annotateShard(plan, Number(shard), { out, threads: 1 });
console.log(JSON.stringify({ cells, peakMiB: process.resourceUsage().maxRSS / 1024 }));
process.exit(0);
