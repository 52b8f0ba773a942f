import { loadRun } from "../../src/protocol/run.js";

// Started as a process of its own, to be killed: writes the runs of the folders argv[3] and argv[4] to argv[2], in turn.
const runs = [await loadRun(process.argv[3]), await loadRun(process.argv[4])];
process.stdout.write("ready\n");
for (let i = 0; ; i++) await runs[i % 2].save(process.argv[2]);
