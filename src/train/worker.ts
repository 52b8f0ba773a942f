import { serve } from "../runtime/workerJob.js";
import { Control } from "./control.js";
import { train } from "./loop.js";
import type { LoopState } from "./loopState.js";
import type { TrainingEvent, TrainingPlan, TrainingResult } from "./plan.js";

/** What a training worker is given. */
export interface TrainingInput {
  plan: TrainingPlan;
  control: SharedArrayBuffer;
  /** State to go on from. */
  from?: LoopState;
}

// The module that a training worker runs.
serve<TrainingInput, TrainingEvent, TrainingResult>(({ plan, control, from }, report) =>
  train(plan, new Control(control), [report], from),
);
