import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { finetune } from "../../src/index.js";
import { temporaryFolder } from "../support/folder.js";
import { preparedCells, tinyModel } from "../support/prepared.js";

const settings = { epochs: 1, lr: 5e-3, batchSize: 16, threads: 1, device: "cpu", logInterval: 4 } as const;

/** Stands in for the SDK: writes what it is told to a file, or fails as it does without a network. */
const SDK = `
import json, os
class Settings:
    def __init__(self, **given): self.given = given
class Run:
    def log(self, values, step): note(["log", step, sorted(values)])
    def finish(self): note(["finish"])
def note(what):
    with open(os.environ["SAID"], "a") as said: said.write(json.dumps(what) + "\\n")
def init(resume, settings, id, name, config, mode, project):
    if mode == "online": raise RuntimeError("Network error (ConnectionError)")
    note(["init", name, mode, project, config["epochs"]])
    return Run()
`;

test("Weights & Biases is told of a run by its Python package; where it can't be reached, the run goes on", async (context) => {
  const ready = preparedCells(await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 }));
  const environment = join(temporaryFolder(context), "python");
  execFileSync("python3", ["-m", "venv", "--without-pip", environment]);
  const python = join(environment, "bin", "python");
  const before = { ...process.env };
  context.after(() => {
    process.env = before;
  });
  process.env.PYTHON = python;
  process.env.SAID = join(environment, "said.jsonl");
  const where = execFileSync(python, ["-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]);
  const folder = join(where.toString().trim(), "wandb");
  mkdirSync(folder);
  writeFileSync(join(folder, "__init__.py"), SDK);

  await finetune(ready, { ...settings, name: "tiny", wandb: "offline", wandbProject: "retina" });
  const told = readFileSync(process.env.SAID, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const step = ["lr", "train/err", "train/grad_norm", "train/loss"];
  assert.deepEqual(told, [
    ["init", "tiny", "offline", "retina", 1],
    ["log", 4, step],
    ["log", 8, step],
    ["log", 8, ["train/epoch_err", "train/epoch_loss", "valid/err", "valid/loss"]],
    ["finish"],
  ]);

  const said = new Set<string | undefined>();
  const run = await finetune(ready, {
    ...settings,
    wandb: "online",
    onProgress: ({ message }) => void said.add(message),
  });
  assert.equal(run.training.state, "finished");
  assert.ok(
    [...said].some((message) =>
      /^the tracker failed, and training goes on without it: .*Network error/.test(message ?? ""),
    ),
    [...said].join("\n"),
  );
});
