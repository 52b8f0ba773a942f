import { evaluate, loadRun } from "../../src/index.js";

/** A process of its own that labels cells with a saved model: `predictAgain.js MODEL DATA` prints predictions.csv. */
const [folder, data] = process.argv.slice(2);
process.stdout.write((await evaluate(await loadRun(folder), { cells: data })).predictions());
