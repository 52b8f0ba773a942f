import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pretrain } from "../../src/index.js";
import { ALL_OBJECTIVES, objectivesCells } from "../support/objectivesCase.js";

test("the published model class takes all that a pretrained folder holds, and lacks but the class decoder", async () => {
  const saveDir = join(mkdtempSync(join(tmpdir(), "pretrained-peer-")), "model");
  const { dab, dabWeight, split, ...options } = ALL_OBJECTIVES;
  const { weights } = await pretrain(await objectivesCells(), { ...options, saveDir });
  const script = `
import json, sys, torch
sys.path.insert(0, "test/fixtures/model")
from make import build
read = lambda name: json.load(open(f"{sys.argv[1]}/{name}"))
args, vocab = read("args.json"), read("vocab.json")
model = build(args, vocab, len(vocab), 1, 1)
state = torch.load(f"{sys.argv[1]}/best_model.pt", weights_only=True)
missing, unexpected = model.load_state_dict(state, strict=False)
assert not unexpected and all(key.startswith("cls_decoder.") for key in missing), (missing, unexpected)
taken = model.state_dict()
print(json.dumps({name: taken[name].double().sum().item() for name in state}))`;
  const sums = JSON.parse(
    execFileSync(".venv-peers/bin/python", ["-c", script, saveDir], { encoding: "utf8" }),
  );
  assert.deepEqual(Object.keys(sums).sort(), [...weights.keys()].sort());
  for (const [name, { data }] of weights) {
    const sum = data.reduce((a: number, b) => a + b, 0);
    assert.ok(Math.abs(sums[name] - sum) < 1e-9 * data.length + 1e-9, name);
  }
});
