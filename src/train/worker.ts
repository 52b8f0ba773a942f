import { serve } from "../runtime/workerJob.js";
import { Control } from "./control.js";
import { train } from "./loop.js";
import type { TrainingEvent, TrainingPlan, TrainingResult } from "./plan.js";

// The module that a training worker runs.
serve<{ plan: TrainingPlan; control: SharedArrayBuffer }, TrainingEvent, TrainingResult>(
  ({ plan, control }, report) => train(plan, new Control(control), report),
);
