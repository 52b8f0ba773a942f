import { workerData } from "node:worker_threads";
import { type Order, perform, type Said } from "./perform.js";
import { supervisor } from "./supervised.js";

// The module that the thread of a command runs.
const { say, signal, end } = supervisor<Said>();
end(await perform(workerData as Order, say, signal));
