// `npm run release -- v1.2.3`: what a tag publishes, into `output/release/`: the npm package, and a wheel for every platform.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { releaseFaults } from "./release/faults.mjs";
import { npm, root } from "./setup/paths.mjs";
import { run, SetupError } from "./setup/run.mjs";
import { orExplain, setup } from "./setup.mjs";
import { PLATFORMS } from "./wheel/platforms.mjs";
import { buildWheel } from "./wheel.mjs";

await orExplain(async () => {
  const faults = releaseFaults(root, process.argv[2] ?? "");
  if (faults.length > 0) throw new SetupError(faults.join("\n"));
  await setup();
  const folder = join(root, "output/release");
  rmSync(folder, { recursive: true, force: true });
  for (const kind of ["npm", "wheels"]) mkdirSync(join(folder, kind), { recursive: true });
  await run("the npm package", npm("pack", "--pack-destination", join(folder, "npm")));
  for (const platform of Object.keys(PLATFORMS)) {
    const wheel = await buildWheel(platform);
    copyFileSync(wheel, join(folder, "wheels", basename(wheel)));
  }
});
