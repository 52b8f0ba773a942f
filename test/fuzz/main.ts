// `npm run fuzz -- checkpoint|h5ad|zarr|wire|cell [--seconds 600] [--seed N] [--only EXECUTION]`: random inputs, the same
// for the same seed; what is wrong is kept in output/fuzz/. Needs `npm run setup:peers`.
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../../src/support/random.js";
import { MOST_MEGABYTES, MOST_MS, type Target } from "./target.js";

const TARGETS: Record<string, () => Promise<Target>> = {
  checkpoint: async () => new (await import("./files.js")).Checkpoints(),
  h5ad: async () => new (await import("./files.js")).Cells(".h5ad"),
  zarr: async () => new (await import("./files.js")).Cells(".zarr"),
  wire: async () => new (await import("./wire.js")).WireTarget(),
  cell: async () => new (await import("./cell.js")).CellTarget(),
};
/** A run with so many finds shows nothing new. */
const ENOUGH = 20;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "600" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});
const [name] = positionals;
if (!Object.hasOwn(TARGETS, name ?? ""))
  throw new Error(`npm run fuzz -- ${Object.keys(TARGETS).join("|")} [--seconds 600] [--seed N]`);
const kept = join("output", "fuzz");
mkdirSync(kept, { recursive: true });

const target = await TARGETS[name]();
const seed = Number(values.seed);
const end = performance.now() + 1000 * Number(values.seconds);
const outcomes: Record<string, number> = {};
const most = { ms: 0, megabytes: 0 };
let executions = 0;
let finds = 0;
const first = Number(values.only ?? 0);
for (let n = first; finds < ENOUGH && performance.now() < end && (!values.only || n === first); n++) {
  const { outcome, ms, megabytes, find, input } = await target.execute(new Random(seed, n));
  executions++;
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  most.ms = Math.max(most.ms, ms);
  most.megabytes = Math.max(most.megabytes, megabytes);
  const slow = ms > MOST_MS ? `took ${ms.toFixed(0)} ms` : undefined;
  const large = megabytes > MOST_MEGABYTES ? `took ${megabytes.toFixed(0)} MB` : undefined;
  const wrong = find ?? slow ?? large;
  if (wrong === undefined) continue;
  finds++;
  const path = join(kept, `${name}-${seed}-${n}`);
  if (input && existsSync(input)) cpSync(input, `${path}${extname(input)}`, { recursive: true });
  writeFileSync(`${path}.txt`, wrong);
  console.log(`--seed ${seed} --only ${n}: ${wrong.slice(0, 600)}`);
}
await target.close();
console.log(
  JSON.stringify({
    target: name,
    seed,
    executions,
    finds,
    outcomes,
    longestMs: Math.round(most.ms),
    mostMegabytes: Math.round(most.megabytes),
  }),
);
process.exitCode = finds > 0 ? 1 : 0;
