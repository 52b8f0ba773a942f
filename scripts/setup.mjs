// Makes a fresh checkout ready: `node scripts/setup.mjs [test] [peers]`. Safe to repeat; what is done is not done again.
// Plain JavaScript without packages, because it runs before anything is installed or built.
import { pathToFileURL } from "node:url";
import { configureLab, installExtension, installKernelspec } from "./setup/jupyter.mjs";
import { buildExtension, checkNode, compile, installPackages } from "./setup/node.mjs";
import { makeEnvironment } from "./setup/python.mjs";
import { SetupError } from "./setup/run.mjs";

/** Packages, build, JupyterLab with our kernel and extension; `extra` names more Python environments. */
export async function setup(extra = []) {
  const started = performance.now();
  checkNode();
  const builds = installPackages().then(compile);
  const python = makeEnvironment("jupyter").then(async () => {
    for (const name of extra) await makeEnvironment(name);
  });
  // Both are awaited to the end, so that a failure of one does not leave the other running behind the prompt.
  for (const result of await Promise.allSettled([builds, python]))
    if (result.status === "rejected") throw result.reason;
  await buildExtension();
  await installKernelspec();
  installExtension();
  configureLab();
  console.log(`Set up in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
}

/** Runs `main`; an expected failure prints its message alone. */
export async function orExplain(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await orExplain(() => setup(process.argv.slice(2)));
