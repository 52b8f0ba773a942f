// `npm run protocol`: the main job. Set-up, then the notebook from its first cell to its last, without a browser.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { environments, jupyterEnvironment, program, root } from "./setup/paths.mjs";
import { hand } from "./setup/run.mjs";
import { orExplain, setup } from "./setup.mjs";

const results = join(root, "output/protocol");
/** The results of an earlier run, kept aside until this one is complete. */
const earlier = join(root, "output/.protocol-earlier");

await orExplain(async () => {
  await setup();
  setAside();
  const started = performance.now();
  const code = await hand(
    program(environments.jupyter.folder, "python"),
    [
      "scripts/notebook/execute.py",
      "notebooks/protocol.ipynb",
      ...["--out", join(results, "protocol.ipynb"), "--html", join(results, "protocol.html")],
    ],
    { env: { ...jupyterEnvironment(), PYTHONDONTWRITEBYTECODE: "1" } },
  );
  if (code !== 0) {
    putBack();
    process.exitCode = code;
    return;
  }
  rmSync(earlier, { recursive: true, force: true });
  tell((performance.now() - started) / 1000);
});

function setAside() {
  if (existsSync(results) && !existsSync(earlier)) renameSync(results, earlier);
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
}

function putBack() {
  rmSync(results, { recursive: true, force: true });
  if (existsSync(earlier)) renameSync(earlier, results);
}

/** Prints the figures on the test cells, and where everything is. */
function tell(seconds) {
  const report = JSON.parse(readFileSync(join(results, "evaluation_results.json"), "utf8"));
  const figures = [
    ["accuracy", report.accuracy],
    ["macro F1", report.macro_f1],
    ["weighted F1", report.weighted_f1],
    ["weighted precision", report.weighted_precision],
    ["weighted recall", report.weighted_recall],
    ["Cohen's κ", report.kappa],
  ];
  console.log(`\nOn ${report.n_cells} test cells, which no step of the training saw:`);
  for (const [name, value] of figures) console.log(`  ${name.padEnd(20)} ${value.toFixed(3)}`);
  console.log(`\nIn ${relative(root, results)} (${seconds.toFixed(0)} s):`);
  for (const name of readdirSync(results).sort()) console.log(`  ${name}`);
}
