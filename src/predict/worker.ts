import { parentPort, workerData } from "node:worker_threads";
import { resolveDevice } from "../runtime/resolveDevice.js";
import type { Device } from "../runtime/session.js";
import { packError } from "../runtime/workerError.js";
import { CellkernelError } from "../support/error.js";
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

async function serve({ tokens, cells, batchLabels, asked, abandoned }: Request): Promise<void> {
  const answer = (given: Answer, transfer: ArrayBuffer[] = []) => port.postMessage(given, transfer);
  const flag = new Int32Array(abandoned);
  try {
    const { args, classes, batches, device, threads, int8, batchSize, maxSeqLen, seed, clsValue } = spec;
    const size = { args, classes, batches, genes: tokens.genes.length + 2 };
    if (!predictors) {
      predictors = [];
      for (const weights of [spec.weights, ...(spec.members ?? [])])
        predictors.push(
          await createOn(resolveDevice(device), (on) =>
            Predictor.create(size, weights, { device: on, threads, int8 }),
          ),
        );
    }
    const options = { batchSize, maxSeqLen, seed, batchLabels, clsValue, padValue: args.pad_value };
    const said: CellOutputs[] = [];
    for (const [i, predictor] of predictors.entries()) {
      // Embeddings are the first one's, of all cells.
      const own = i === 0 ? undefined : asked?.[i];
      const before = i * cells.length;
      const one = await predictCells(
        predictor,
        tokens,
        own ? cells.filter((_, at) => own[at]) : cells,
        options,
        (done) => {
          answer({ done: Math.floor((before + done) / predictors!.length) });
          return Atomics.load(flag, 0) === 0;
        },
      );
      if (!one) return answer({ outputs: undefined });
      said.push(own ? { ...one, logits: spread(one.logits, own, classes) } : one);
    }
    const [first] = said;
    const logits = said.map((one) => one.logits);
    const outputs =
      logits.length === 1 ? first : { ...first, logits: ensembleLogits(logits, classes, asked) };
    answer({ outputs }, [outputs.logits.buffer, outputs.embeddings.buffer] as ArrayBuffer[]);
  } catch (error) {
    answer({ failed: packError(error) });
  }
}

/** On the device, or on the CPU where it may. */
async function createOn<T>(device: Device, create: (on: Device) => Promise<T>): Promise<T> {
  try {
    return await create(device);
  } catch (error) {
    if (!spec.orCpu || !(error instanceof CellkernelError) || error.code !== "device") throw error;
    return create("cpu");
  }
}

/** Rows of some of the cells, at their places among all. */
function spread(rows: Float32Array, own: Uint8Array, width: number): Float32Array {
  const all = new Float32Array(own.length * width);
  let row = 0;
  own.forEach((asked, at) => {
    if (asked) all.set(rows.subarray(row * width, ++row * width), at * width);
  });
  return all;
}

async function close(): Promise<void> {
  for (const predictor of predictors ?? []) await predictor.release();
  port.close();
}
