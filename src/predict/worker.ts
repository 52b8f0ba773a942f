import { parentPort, workerData } from "node:worker_threads";
import { resolveDevice } from "../runtime/resolveDevice.js";
import { packError } from "../runtime/workerError.js";
import { type CellOutputs, predictCells } from "./cells.js";
import { ensembleLogits } from "./ensemble.js";
import { Predictor } from "./predictor.js";
import type { Answer, PredictionSpec, Request } from "./session.js";

// The module that the worker of a `PredictionSession` runs: one request after the other, until it is closed.
const port = parentPort!;
const spec = workerData as PredictionSpec;
let predictors: Predictor[] | undefined;
let work: Promise<void> = Promise.resolve();

port.on("message", (message: Request | "close") => {
  work = work.then(() => (message === "close" ? close() : serve(message)));
});

async function serve({ tokens, cells, batchLabels, abandoned }: Request): Promise<void> {
  const answer = (given: Answer, transfer: ArrayBuffer[] = []) => port.postMessage(given, transfer);
  const flag = new Int32Array(abandoned);
  try {
    const { args, classes, batches, device, threads, int8, batchSize, maxSeqLen, seed, clsValue } = spec;
    const size = { args, classes, batches, genes: tokens.genes.length + 2 };
    if (!predictors) {
      predictors = [];
      for (const weights of [spec.weights, ...(spec.members ?? [])])
        predictors.push(
          await Predictor.create(size, weights, { device: resolveDevice(device), threads, int8 }),
        );
    }
    const options = { batchSize, maxSeqLen, seed, batchLabels, clsValue, padValue: args.pad_value };
    const said: CellOutputs[] = [];
    for (const [i, predictor] of predictors.entries()) {
      const before = i * cells.length;
      const one = await predictCells(predictor, tokens, cells, options, (done) => {
        answer({ done: Math.floor((before + done) / predictors!.length) });
        return Atomics.load(flag, 0) === 0;
      });
      if (!one) return answer({ outputs: undefined });
      said.push(one);
    }
    const [first] = said;
    const outputs =
      said.length === 1
        ? first
        : {
            ...first,
            logits: ensembleLogits(
              said.map(({ logits }) => logits),
              classes,
            ),
          };
    answer({ outputs }, [outputs.logits.buffer, outputs.embeddings.buffer] as ArrayBuffer[]);
  } catch (error) {
    answer({ failed: packError(error) });
  }
}

async function close(): Promise<void> {
  for (const predictor of predictors ?? []) await predictor.release();
  port.close();
}
