import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Trainer } from "../../src/train/trainer.js";
import { smallSpec, smallSteps, smallWeights } from "./smallModel.js";

// Started by the tests with SwiftShader in its environment: Vulkan reads that when it is loaded.
const folder = process.argv[2];
const spec = smallSpec();
const steps = smallSteps(spec, 4);
const losses: Record<string, number[]> = {};
for (const device of ["cpu", "webgpu"] as const) {
  const profile = device === "webgpu" ? join(folder, "trace") : undefined;
  const trainer = await Trainer.create(spec, smallWeights(spec), { device, seed: 0, profile });
  losses[device] = (await trainer.steps(steps)).map((r) => r.loss);
  await trainer.release();
}

interface TraceEvent {
  cat: string;
  name: string;
  args: { provider: string; op_name: string; output_type_shape: Record<string, number[]>[] };
}
const trace = readdirSync(folder).find((f) => f.startsWith("trace"))!;
const events: TraceEvent[] = JSON.parse(readFileSync(join(folder, trace), "utf8"));
const nodes = events.filter((e) => e.cat === "Node" && e.name.endsWith("_kernel_time"));
const placement = nodes.map(({ args }) => ({
  provider: args.provider,
  op: args.op_name,
  elements: args.output_type_shape.flatMap((o) => Object.values(o)).map((s) => s.reduce((a, b) => a * b, 1)),
}));
console.log(JSON.stringify({ losses, placement }));
