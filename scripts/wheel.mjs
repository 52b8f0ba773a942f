// `npm run wheel [-- PLATFORM]`: the wheel for this machine's platform, or for another one (untested), in `output/wheel/`.
import { readdirSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { environments, program, root } from "./setup/paths.mjs";
import { run } from "./setup/run.mjs";
import { orExplain, setup } from "./setup.mjs";
import { gather } from "./wheel/gather.mjs";
import { platformOf } from "./wheel/platforms.mjs";

const MB = 1e6;
/** Parts that are smaller are told as one. */
const LEAST_TOLD = MB;
/** What a wheel may weigh. */
const MOST = 100 * MB;

export const wheels = join(root, "output/wheel");

/** @returns {Promise<string>} the wheel's path */
export async function buildWheel(name = `${process.platform}-${process.arch}`) {
  const platform = platformOf(name);
  await setup();
  const parts = await gather(platform);
  for (const file of wheelsOf(platform)) rmSync(file);
  const python = program(environments.jupyter.folder, "python");
  await run("the wheel", [python, ["-m", "hatchling", "build", "-t", "wheel", "-d", wheels]]);
  const [wheel] = wheelsOf(platform);
  tell(parts, wheel);
  return wheel;
}

function wheelsOf({ tag }) {
  return readdirSync(wheels)
    .filter((file) => file.endsWith(`-${tag}.whl`))
    .map((file) => join(wheels, file));
}

function tell(parts, wheel) {
  const small = parts.filter(([, bytes]) => bytes < LEAST_TOLD);
  const rows = [
    ...parts.filter(([, bytes]) => bytes >= LEAST_TOLD),
    [`${small.length} smaller packages`, small.reduce((sum, [, bytes]) => sum + bytes, 0)],
    ["unpacked, without the extension", parts.reduce((sum, [, bytes]) => sum + bytes, 0)],
  ];
  for (const [part, bytes] of rows) console.log(`${(bytes / MB).toFixed(1).padStart(8)} MB  ${part}`);
  const { size } = statSync(wheel);
  console.log(`${(size / MB).toFixed(1).padStart(8)} MB  ${relative(root, wheel)}`);
  if (size > MOST) throw new Error(`The wheel is larger than ${MOST / MB} MB.`);
}

if (import.meta.filename === process.argv[1]) await orExplain(() => buildWheel(process.argv[2]));
