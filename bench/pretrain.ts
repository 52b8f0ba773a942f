import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { finetune, type Model, openModel, preprocess, pretrain, readH5ad } from "../src/index.js";
import { Random } from "../src/support/random.js";
import { demoCells, predicted, scores, splitOf, TRAINING } from "./demoCells.js";
import { meanInterval } from "./interval.js";

const COUNTS = "test/fixtures/preprocess/counts559.h5ad";

/**
 * Does pretraining help? The demo's small model, pretrained on the 559 cells of counts and then on the training cells of the demo's
 * split (both without labels), and fine-tuned, beside one that is fine-tuned from a random start: weighted F1 of the
 * test cells by seed, and the pairwise difference with its 95 % interval. Each seed has its split, its start and its pretraining.
 */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: {
      seeds: { type: "string", default: "10" },
      epochs: { type: "string", default: "6" },
      lr: { type: "string", default: "3e-3" },
    },
  });
  const [seeds, epochs, lr] = [values.seeds, values.epochs, values.lr].map(Number);
  const scratch = mkdtempSync(join(tmpdir(), "pretrain-"));
  const small = await openModel("notebooks/models/small");
  const ready = await demoCells(small);
  const file = await readH5ad(COUNTS);
  const counts = await preprocess(file, { nHvg: 0, model: small });
  file.close();

  const f1: Record<"random" | "pretrained", number[]> = { random: [], pretrained: [] };
  const started = process.cpuUsage();
  for (let seed = 0; seed < seeds; seed++) {
    const split = splitOf(ready, seed);
    const folder = (name: string) => join(scratch, `${name}-${seed}`);
    const own = { epochs, lr, batchSize: TRAINING.batchSize, maxSeqLen: TRAINING.maxSeqLen, seed };
    const first = await pretrain(counts, { ...own, model: small, saveDir: folder("counts") });
    const second = await pretrain(ready, {
      ...{ ...own, model: first.folder, saveDir: folder("demo") },
      split: withValidation(split.train, seed),
    });
    const starts: Record<keyof typeof f1, Model> = { random: small, pretrained: await second.model() };
    for (const start of ["random", "pretrained"] as const) {
      const run = await finetune(ready, { ...TRAINING, seed, split, model: starts[start] });
      f1[start].push(scores(ready, split.test, await predicted(run, ready, split.test)).weighted.f1);
    }
    const losses = [first, second].map(({ training }) => training.history.at(-1)!.validationLoss.toFixed(0));
    console.error(
      `seed ${seed}: random ${f1.random[seed].toFixed(3)}, pretrained ${f1.pretrained[seed].toFixed(3)}; ` +
        `validation losses of the pretrainings ${losses.join(", ")}`,
    );
  }
  rmSync(scratch, { recursive: true });
  const { user, system } = process.cpuUsage(started);
  return {
    ...{ bench: "pretrain", seeds, epochs, lr, cpuSeconds: Math.round((user + system) / 1e6) },
    random: meanInterval(f1.random),
    pretrained: meanInterval(f1.pretrained),
    difference: meanInterval(f1.pretrained.map((own, seed) => own - f1.random[seed])),
  };
}

/** The cells that are learnt from, a tenth of which validates the pretraining. */
function withValidation(cells: Int32Array, seed: number) {
  const order = new Random(seed).shuffle(cells.slice());
  const validation = Math.ceil(cells.length / 10);
  return { train: order.slice(validation).sort(), validation: order.slice(0, validation).sort() };
}
