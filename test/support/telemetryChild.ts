import { TrainingJob } from "../../src/train/job.js";
import type { TrainingPlan } from "../../src/train/plan.js";
import { Trainer } from "../../src/train/trainer.js";
import { smallSpec, smallSteps, smallWeights } from "./smallModel.js";

// onnxruntime in a worker, and then in the main thread.
await new TrainingJob({} as TrainingPlan, () => {}).result.catch(() => {});
const spec = smallSpec();
const trainer = await Trainer.create(spec, smallWeights(spec), { device: "cpu", seed: 0 });
await trainer.steps(smallSteps(spec, 1));
await trainer.release();
