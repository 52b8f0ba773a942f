// Work for `supervised` that never pauses, or that waits and clears up.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { workerData } from "node:worker_threads";
import { supervisor } from "../../src/cli/supervised.js";

const { say, signal, end } = supervisor<string>();
say("started");
if (workerData === "deaf") {
  // What is said is sent before the loop begins.
  await sleep(1);
  for (;;);
}
const waits = setInterval(() => {}, 1000);
await once(signal, "abort");
clearInterval(waits);
say("cleared up");
end(130);
