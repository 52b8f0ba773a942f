import { annotate } from "../../src/protocol/annotate.js";
import { loadRun } from "../../src/protocol/run.js";

// Started as a process of its own: labels the file argv[3] by the run argv[2] into argv[4], prints its peak memory.
const { codes } = await annotate(await loadRun(process.argv[2]), process.argv[3], {
  out: process.argv[4],
  threads: 2,
});
console.log(JSON.stringify({ cells: codes.length, peakMiB: process.resourceUsage().maxRSS / 1024 }));
