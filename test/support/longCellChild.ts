import { DeviceRuntime } from "../../src/runtime/deviceRuntime.js";
import { DeviceEngine } from "../../src/train/deviceEngine.js";
import { smallSpec, smallSteps, smallWeights } from "./smallModel.js";

// One step of the device's graph on the CPU, in a process of its own, whose memory is then that of the step:
// one cell of 1,501 tokens and a model that is narrow beside the probabilities of its heads.
const spec = smallSpec({ embsize: 64, nheads: 8, d_hid: 64, nlayers: 5, n_layers_cls: 3 });
const training = {
  ...{ args: spec.args, size: spec, padRow: 0, objectives: ["CLS" as const], dropout: 0.2, seed: 0 },
  attentionLoop: "batch" as const,
};
const state = { weights: smallWeights(spec), m: new Map(), v: new Map(), step: 0, attempts: 0 };
const adam = { epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
const engine = DeviceEngine.create(training, state, DeviceRuntime.open({ device: "cpu" }), training, adam);
await engine.run(smallSteps(spec, 1, 1, 1501));
console.log(process.resourceUsage().maxRSS * 1024);
await engine.release();
