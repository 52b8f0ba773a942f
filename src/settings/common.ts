import { choice, whole } from "./setting.js";

/** Seed of every random choice of a step. */
export const seed = whole({ least: 0, default: 0, help: "seed of every random choice" });

/** Places where a graph can run. */
export const DEVICES = ["auto", "cpu", "webgpu", "cuda"] as const;

/** Threads of the CPU. */
export const threads = whole({ most: 1024, help: "CPU threads; default: all cores" });

/** Where a trained model is applied. */
export const device = choice(DEVICES, {
  help: "auto, cpu, webgpu or cuda; default: that of the training, where it is there, else cpu",
});
