import { Worker } from "node:worker_threads";
import type { Weights } from "../checkpoint/weights.js";
import type { ModelArgs } from "../model/args.js";
import type { DeviceChoice } from "../runtime/resolveDevice.js";
import { type PackedError, unpackError } from "../runtime/workerError.js";
import { unlessAborted } from "../runtime/workerJob.js";
import type { TokenStore } from "../tokenize/tokens.js";
import type { CellOutputs } from "./cells.js";

/** A model and how it is applied, in plain data. */
export interface PredictionSpec {
  args: ModelArgs;
  classes: number;
  batches?: number;
  /** The gene table cut to the stores' rows. */
  weights: Weights;
  /** Of an ensemble: the weights of its other members; probabilities are then the mean of all. */
  members?: Weights[];
  batchSize: number;
  /** Tokens a cell at most, `<cls>` included; of longer cells the genes are drawn by `seed`. */
  maxSeqLen: number;
  seed: number;
  /** Value of `<cls>`; 0 when absent. */
  clsValue?: number;
  device: DeviceChoice;
  /** The CPU does where that device is not there: nobody asked for it here. */
  orCpu?: boolean;
  threads?: number;
  /** The transformer's products in 8-bit integers; see `int8Agreement` for what that changes. */
  int8?: boolean;
}

/** Cells to apply it to; all stores of a session have the same genes. */
export interface CellChunk {
  tokens: TokenStore;
  /** Which cells of the store. */
  cells: Int32Array;
  /** Int32 [cells of the store]: batch of each, where the model uses it. */
  batchLabels?: Int32Array;
  /** [`cells`] for each member of an ensemble: 1 where its word counts; default: everywhere. */
  asked?: readonly Uint8Array[];
}

/** What main asks a worker for; `abandoned` is set when nobody waits for the answer any more. */
export interface Request extends CellChunk {
  abandoned: SharedArrayBuffer;
}

/** What a worker answers: cells done, and in the end the outputs, or the error that ended it. */
export type Answer = { done: number } | { outputs: CellOutputs | undefined } | { failed: PackedError };

/**
 * A model in a worker thread, ready for one chunk of cells after another: everything that predicts, predicts by this.
 * To be closed.
 */
export class PredictionSession {
  private readonly worker: Worker;
  private ended: Error | undefined;
  private waiting: { answer: (answer: Answer) => void; fail: (error: unknown) => void } | undefined;

  /** @param give hands the weights over rather than copies them: whoever has them can't use them any more */
  constructor(spec: PredictionSpec, give = false) {
    this.worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: spec,
      transferList: give ? buffersOf([spec.weights, ...(spec.members ?? [])]) : [],
      // Flags of the main thread, such as --input-type, would break a worker.
      execArgv: [],
    });
    this.worker.on("message", (answer: Answer) => this.waiting?.answer(answer));
    this.worker.on("error", (error) => this.end(error as Error));
    this.worker.on("exit", (code) =>
      this.end(new Error(`the worker that ran the model ended unexpectedly (exit code ${code})`)),
    );
  }

  /** Outputs of a chunk's cells, in their order. `onProgress` gets the number of cells done. */
  predict(
    chunk: CellChunk,
    { onProgress, signal }: { onProgress?: (done: number) => void; signal?: AbortSignal } = {},
  ): Promise<CellOutputs> {
    const abandoned = new SharedArrayBuffer(4);
    const work = new Promise<CellOutputs>((resolve, reject) => {
      if (this.ended) return reject(this.ended);
      const settle = (give: () => void) => {
        this.waiting = undefined;
        give();
      };
      this.waiting = {
        answer: (answer) => {
          if ("done" in answer) {
            if (!signal?.aborted) onProgress?.(answer.done);
          } else if ("failed" in answer) settle(() => reject(unpackError(answer.failed)));
          else settle(() => resolve(answer.outputs as CellOutputs));
        },
        fail: (error) => settle(() => reject(error)),
      };
      this.worker.postMessage({ ...chunk, abandoned } satisfies Request);
    });
    return unlessAborted(work, signal, () => Atomics.store(new Int32Array(abandoned), 0, 1));
  }

  /** Lets the worker end after what it is at. */
  close(): void {
    this.worker.postMessage("close");
  }

  private end(error: Error): void {
    this.ended ??= error;
    this.waiting?.fail(this.ended);
  }
}

/** The memory that weights lie in, each piece once; what is shared needn't be handed over. */
function buffersOf(all: readonly Weights[]): ArrayBuffer[] {
  const buffers = all.flatMap((weights) => [...weights.values()].map(({ data }) => data.buffer));
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}
