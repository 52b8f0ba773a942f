import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { readTrainArgs } from "../../src/index.js";
import { flags, fromFlags } from "../../src/settings/flags.js";
import { optionsPage } from "../../src/settings/page.js";
import { PREPARATION } from "../../src/settings/preparation.js";
import { flagOf, resolve, type Setting } from "../../src/settings/setting.js";
import { STEPS } from "../../src/settings/steps.js";
import { TRAINING } from "../../src/settings/training.js";
import { fromSections, toSections, yamlText } from "../../src/settings/yaml.js";
import { python } from "../support/python.js";

/** A value that an option takes and that is not its default. */
function another(setting: Setting<unknown, unknown>): unknown {
  const candidates = [...(setting.words ?? []), true, 0.5, 7, "text"];
  return candidates.find((value) => value !== setting.default && setting.fault(value) === undefined);
}

for (const [step, table] of Object.entries(STEPS))
  test(`every option of ${step} comes through the flags, the file and the check as it was`, () => {
    const given = Object.fromEntries(Object.entries(table).map(([name, s]) => [name, another(s)]));
    const values = Object.fromEntries(
      Object.entries(table).map(([name, s]) => [
        flagOf(name, s),
        s.value ? String(given[name]) : (true as const),
      ]),
    );
    assert.deepEqual(Object.keys(flags(table)).sort(), Object.keys(values).sort());
    assert.deepEqual(fromFlags(table, values), given);
    assert.deepEqual(resolve(table, given), given);
    const inFile = Object.fromEntries(Object.entries(given).filter(([name]) => table[name].yaml));
    assert.deepEqual(
      fromSections(table, JSON.parse(JSON.stringify(toSections(table, given))), "f.yml"),
      inFile,
    );
  });

test("no two options of a step have one flag or one place in the file", () => {
  for (const table of Object.values(STEPS)) {
    const all = Object.entries(table);
    assert.equal(new Set(all.map(([name, s]) => flagOf(name, s))).size, all.length);
    const places = all.flatMap(([, { yaml }]) => (yaml ? [`${yaml.section} ${yaml.key}`] : []));
    assert.equal(new Set(places).size, places.length);
  }
});

test("defaults are those of the published protocol", () => {
  const { nHvg, hvgFlavor, normalizeTotal, includeZeroGene } = resolve(PREPARATION, {});
  assert.deepEqual([nHvg, hvgFlavor, normalizeTotal, includeZeroGene], [5000, "seurat_v3", 10000, false]);
  const { epochs, batchSize, lr, scheduleRatio, scheduleInterval, seed } = resolve(TRAINING, {});
  assert.deepEqual([epochs, batchSize, lr, scheduleRatio, scheduleInterval, seed], [3, 32, 1e-4, 0.9, 1, 0]);
});

test("a file of the published form is read; its other keys are left alone", () => {
  const folder = mkdtempSync(join(tmpdir(), "settings-"));
  const path = join(folder, "train_args.yml");
  writeFileSync(
    path,
    stringify({
      task_info: { raw_dataset_directory: "x.h5ad", cell_type_col: "celltype", batch_id_col: null },
      preprocess: { do_norm: true, n_hvg: 3000, hvg_flavor: "cell_ranger", normalize_total: 10000 },
      model_parameters: {
        max_seq_len: 3001,
        epochs: 5,
        lr: 0.0002,
        amp: true,
        use_flash_attn: true,
        seed: 42,
      },
      wandb_configs: { mode: "offline" },
      task_configs: {},
    }),
  );
  assert.deepEqual(readTrainArgs(path), {
    preparation: {
      cellType: "celltype",
      nHvg: 3000,
      hvgFlavor: "cell_ranger",
      normalizeTotal: 10000,
    },
    training: { epochs: 5, lr: 0.0002, maxSeqLen: 3001, amp: true, seed: 42 },
  });
  writeFileSync(path, stringify({ model_parameters: { epochs: "many" } }));
  assert.throws(
    () => readTrainArgs(path),
    /train_args\.yml: model_parameters: epochs is "many"; expected a whole number of at least 1 \(--epochs\)/,
  );
});

test("a wrong value is refused with the option, what was expected and the flag", () => {
  const fails = (options: object, message: RegExp) =>
    assert.throws(() => resolve(TRAINING, options), message);
  fails(
    { epochs: 2.5 },
    /^CellkernelError: the option epochs is 2\.5; expected a whole number of at least 1 \(--epochs\)$/,
  );
  fails({ lr: "fast" }, /the option lr is "fast"; expected a number above 0 \(--lr\)/);
  fails({ dropout: 1 }, /the option dropout is 1; expected a number from 0 to below 1 \(--dropout\)/);
  fails({ scheduleRatio: 2 }, /expected a number above 0, at most 1 \(--schedule-ratio\)/);
  fails({ headOnly: "yes" }, /the option headOnly is "yes"; expected true or false \(--head-only\)/);
});

test("docs/options.md is what the tables say", () => {
  assert.equal(readFileSync("docs/options.md", "utf8"), optionsPage());
});

test("texts are the same to Python's reader of YAML 1.1 and to ours, whatever they say", () => {
  const names = [
    "=",
    "<<",
    "yes",
    "12:30:45",
    "no",
    "~",
    "0x10",
    "1_000",
    "2026-01-01",
    "0o7",
    ".inf",
    "null",
  ];
  names.push("- a", "a: b #c", "\u0001\u007f\u0085\u2028\ufeff\uffff", "🧬 é", "l".repeat(300), "'\"\\\n");
  const text = yamlText({ task_info: { names, count: 3, rate: 0.1, on: true, none: null } });
  const folder = mkdtempSync(join(tmpdir(), "yaml-"));
  writeFileSync(join(folder, "names.yml"), text);
  const read = JSON.parse(python("test/settings/readYaml.py", join(folder, "names.yml")));
  assert.deepEqual(read, { task_info: { names, count: 3, rate: 0.1, on: true, none: null } });
  assert.deepEqual(parse(text), read);
});
