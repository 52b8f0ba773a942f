/** Our side of the training benchmark, in a process of its own. */
import type { Device } from "../src/runtime/session.js";
import { assembleBatch, bucketBatches } from "../src/tokenize/batches.js";
import { isFrozen } from "../src/train/frozen.js";
import { Trainer } from "../src/train/trainer.js";
import { CLASSES, fullSizeArgs, fullSizeWeights, randomTokens } from "./fullSize.js";
import type { TrainWork } from "./train.js";

const work: TrainWork = JSON.parse(process.argv[2]);
const { layers, genes, lengths, batchSize, warmUp, from, to, threads, lora, profile } = work;
const args = fullSizeArgs(layers);
const warm = Array.from({ length: batchSize }, () => warmUp);
const tokens = randomTokens([...warm, ...lengths], genes);
const maxSeqLen = Math.max(warmUp, ...lengths);
const spec = { args, genes: genes + 2, classes: CLASSES };
const device: Device = "cpu";
const frozen = lora && ((name: string) => isFrozen("base", name, layers));
const options = { device, threads, seed: 1, lora, frozen, profile };
const trainer = await Trainer.create(spec, fullSizeWeights(args, genes), options);

async function step(cells: Int32Array): Promise<{ seconds: number; cpu: number }> {
  const start = performance.now();
  const before = process.cpuUsage();
  const batch = assembleBatch(tokens, cells, { maxSeqLen, padValue: args.pad_value, seed: 0 });
  await trainer.step([{ batch, labels: cells.map((cell) => cell % CLASSES) }], 1e-4);
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
}

await step(Int32Array.from(warm, (_, i) => i));
const cells = lengths.map((_, i) => batchSize + i);
const batches = bucketBatches(tokens, cells, { batchSize, maxSeqLen, seed: 1, epoch: 1 });
const steps: { seconds: number; cpu: number }[] = [];
for (const batch of batches.slice(from, to)) steps.push(await step(batch));
const peakMiB = process.resourceUsage().maxRSS / 1024;
const { m, v } = trainer.optimizerState();
const optimizerBytes = [...m.values(), ...v.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
await trainer.release();
console.log(JSON.stringify({ steps, peakMiB, optimizerBytes }));
