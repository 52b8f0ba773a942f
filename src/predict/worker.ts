import { resolveDevice } from "../runtime/resolveDevice.js";
import { serve } from "../runtime/workerJob.js";
import { type CellOutputs, predictCells } from "./cells.js";
import type { PredictionPlan } from "./job.js";
import { Predictor } from "./predictor.js";

// The module that a prediction worker runs. Its event is the number of cells done.
serve<{ plan: PredictionPlan; abandoned: SharedArrayBuffer }, number, CellOutputs | undefined>(
  async ({ plan, abandoned }, report) => {
    const { tokens, cells, weights, args, classes, batches, device, threads, int8 } = plan;
    const spec = { args, genes: tokens.genes.length + 2, classes, batches };
    const predictor = await Predictor.create(spec, weights, { device: resolveDevice(device), threads, int8 });
    const flag = new Int32Array(abandoned);
    try {
      return await predictCells(predictor, tokens, cells, { ...plan, padValue: args.pad_value }, (done) => {
        report(done);
        return Atomics.load(flag, 0) === 0;
      });
    } finally {
      await predictor.release();
    }
  },
);
