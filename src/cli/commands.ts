import type { Command } from "./command.js";

/** The commands, loaded when they are called. */
export const COMMANDS: Record<string, () => Promise<Command>> = {
  annotate: async () => (await import("./annotate.js")).annotateCommand,
  doctor: async () => (await import("./doctor.js")).doctorCommand,
  embed: async () => (await import("./embed.js")).embedCommand,
  ensemble: async () => (await import("./ensemble.js")).ensembleCommand,
  evaluate: async () => (await import("./evaluate.js")).evaluateCommand,
  explain: async () => (await import("./explain.js")).explainCommand,
  export: async () => (await import("./export.js")).exportCommand,
  finetune: async () => (await import("./finetune.js")).finetuneCommand,
  gpu: async () => (await import("./gpu.js")).gpuCommand,
  index: async () => (await import("./index.js")).indexCommand,
  inspect: async () => (await import("./inspect.js")).inspectCommand,
  map: async () => (await import("./map.js")).mapCommand,
  merge: async () => (await import("./merge.js")).mergeCommand,
  plan: async () => (await import("./plan.js")).planCommand,
  preprocess: async () => (await import("./preprocess.js")).preprocessCommand,
  pretrain: async () => (await import("./pretrain.js")).pretrainCommand,
  resume: async () => (await import("./resume.js")).resumeCommand,
  simulate: async () => (await import("./simulate.js")).simulateCommand,
  status: async () => (await import("./status.js")).statusCommand,
  workflow: async () => (await import("./workflow.js")).workflowCommand,
};
