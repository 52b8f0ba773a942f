import { parseArgs } from "node:util";
import { demoCells } from "./demoCells.js";
import { noCuda } from "./gpu.js";
import { compareWays } from "./ways.js";

/** Mixed precision beside float32 on the demo's cells, both on CUDA; elsewhere a line that says what is missing. */
export async function bench(args: string[]): Promise<object> {
  const { values } = parseArgs({ args, options: { seeds: { type: "string", default: "9" } } });
  const seeds = Number(values.seeds);
  const why = noCuda();
  if (why) {
    console.error(why);
    return { bench: "amp", skipped: why };
  }
  const ways = { float32: { device: "cuda", amp: false }, amp: { device: "cuda", amp: true } } as const;
  return { bench: "amp", seeds, ...(await compareWays(await demoCells(), ways, seeds)) };
}
