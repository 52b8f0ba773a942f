// `npm run wheelhouse`: a folder with the wheel, JupyterLab and all that they need, for this platform and Python: what a room
// without network installs from.
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { environments, program, root } from "./setup/paths.mjs";
import { run } from "./setup/run.mjs";
import { orExplain } from "./setup.mjs";
import { buildWheel } from "./wheel.mjs";

await orExplain(async () => {
  const folder = join(root, "output/wheelhouse");
  const wheel = await buildWheel();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const python = program(environments.jupyter.folder, "python");
  const download = ["-m", "pip", "download", "--quiet", "--only-binary=:all:", "-d", folder];
  const packages = ["-c", "requirements/jupyter.txt", "jupyterlab", "nbconvert", wheel];
  await run("what it needs", [python, [...download, ...packages]]);
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  const megabytes = sizes.reduce((sum, bytes) => sum + bytes, 0) / 1e6;
  console.log(
    `${sizes.length} wheels, ${megabytes.toFixed(0)} MB, in ${relative(root, folder)}. To install from a copy of it:`,
  );
  console.log("  pip install --no-index --find-links wheelhouse jupyterlab cellkernel");
});
