import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stringify } from "yaml";
import type { Invocation } from "../../src/cli/command.js";
import { configured } from "../../src/cli/config.js";
import { TRAINING } from "../../src/settings/training.js";
import { PUBLISHED } from "../support/publishedFolder.js";

const config = join(mkdtempSync(join(tmpdir(), "config-")), "train_args.yml");
writeFileSync(config, stringify(PUBLISHED));
const call = (values: Invocation["values"]): Invocation => ({
  ...{ positionals: [], values, signal: new AbortController().signal, progress: () => {} },
});

test("the file's values hold over the defaults, flags over both, and each that wins is said once", () => {
  const { options, notes, model } = configured(
    call({ config, epochs: "9", lr: "0.0002", freeze: "head" }),
    TRAINING,
    "training",
  );
  // epochs by the flag; the published command would train for 3, at a rate of 0.0001, whatever the file says.
  assert.deepEqual([options.epochs, options.lr, options.batchSize, options.freeze], [9, 0.0002, 64, "head"]);
  assert.equal(model, "pretrained_models/scGPT_human");
  assert.deepEqual(
    notes.filter((note) => note.includes("wins over")).map((note) => note.replace(/^.*; /, "")),
    [
      "what is given beside it wins over both",
      "--epochs 9 wins over 5, which train_args.yml says",
      "--freeze head wins over none, which train_args.yml says",
    ],
  );
});

test("without a file the flags are all", () => {
  assert.deepEqual(configured(call({ epochs: "2" }), TRAINING, "training"), {
    options: { epochs: 2 },
    notes: [],
  });
});
