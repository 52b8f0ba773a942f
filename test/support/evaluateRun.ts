import { writeFileSync } from "node:fs";
import { evaluate } from "../../src/protocol/evaluate.js";
import { loadRun } from "../../src/protocol/run.js";
import { preparedCells } from "./prepared.js";

// Started as a process of its own: evaluates the run of the folder argv[2] on the simulated cells, writes argv[3].
const run = await loadRun(process.argv[2]);
const report = await evaluate(run, {
  cells: preparedCells({ vocabulary: run.vocabulary, args: run.args } as never),
});
writeFileSync(process.argv[3], report.predictions());
