/** Our side of `published`, in a process of its own: one fine-tuning of the demo's model from given weights. */
import { finetune, openModel } from "../src/index.js";
import { demoCells, predicted, splitOf, TRAINING } from "./demoCells.js";
import type { PublishedWork } from "./published.js";

const { seed, threads, start }: PublishedWork = JSON.parse(process.argv[2]);
const ready = await demoCells(await openModel(start));
const split = splitOf(ready, seed);
const [began, before] = [performance.now(), process.cpuUsage()];
const run = await finetune(ready, { ...TRAINING, seed, threads, device: "cpu", split });
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(before);
const peakMiB = process.resourceUsage().maxRSS / 1024;
const labels = await predicted(run, ready, split.test);
console.log(
  JSON.stringify({
    ...{ seconds, cpu: (user + system) / 1e6, peakMiB },
    ...{ bestEpoch: run.training.bestEpoch, labels: [...labels] },
  }),
);
