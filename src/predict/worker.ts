import { parentPort, workerData } from "node:worker_threads";
import { resolveDevice } from "../runtime/resolveDevice.js";
import { packError } from "../runtime/workerError.js";
import { predictCells } from "./cells.js";
import { Predictor } from "./predictor.js";
import type { Answer, PredictionSpec, Request } from "./session.js";

// The module that the worker of a `PredictionSession` runs: one request after the other, until it is closed.
const port = parentPort!;
const spec = workerData as PredictionSpec;
let predictor: Predictor | undefined;
let work: Promise<void> = Promise.resolve();

port.on("message", (message: Request | "close") => {
  work = work.then(() => (message === "close" ? close() : serve(message)));
});

async function serve({ tokens, cells, batchLabels, abandoned }: Request): Promise<void> {
  const answer = (given: Answer, transfer: ArrayBuffer[] = []) => port.postMessage(given, transfer);
  const flag = new Int32Array(abandoned);
  try {
    const { args, classes, batches, device, threads, int8, weights, batchSize, maxSeqLen, seed } = spec;
    const size = { args, classes, batches, genes: tokens.genes.length + 2 };
    predictor ??= await Predictor.create(size, weights, { device: resolveDevice(device), threads, int8 });
    const options = { batchSize, maxSeqLen, seed, batchLabels, padValue: args.pad_value };
    const outputs = await predictCells(predictor, tokens, cells, options, (done) => {
      answer({ done });
      return Atomics.load(flag, 0) === 0;
    });
    const buffers = outputs ? [outputs.logits.buffer, outputs.embeddings.buffer] : [];
    answer({ outputs }, buffers as ArrayBuffer[]);
  } catch (error) {
    answer({ failed: packError(error) });
  }
}

async function close(): Promise<void> {
  await predictor?.release();
  port.close();
}
