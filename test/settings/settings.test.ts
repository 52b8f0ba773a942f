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
import { fromSections, readSections, toSections, writeSections } from "../../src/settings/yaml.js";
import { PUBLISHED } from "../support/publishedFolder.js";
import { python } from "../support/python.js";

/** A value that an option takes and that is not its default. */
function another(setting: Setting<unknown, unknown>): unknown {
  const candidates = [
    ...(setting.words ?? []),
    true,
    false,
    0.3,
    7,
    "text",
    "head",
    ["one", "two"],
    ["in_proj", "linear2"],
    [1, 2],
  ];
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
      fromSections(table, readSections(writeSections(toSections(table, given)), "f.yml")),
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

/** A file with this text. */
function written(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "settings-")), "train_args.yml");
  writeFileSync(path, text);
  return path;
}

test("a file of the published code is read as it is; what has no say is told", () => {
  const path = written(stringify(PUBLISHED));
  const { notes, ...rest } = readTrainArgs(path);
  assert.deepEqual(rest, {
    preparation: {
      ...{ cellType: "majorclass", batch: "sampleid", nHvg: 3000, hvgFlavor: "cell_ranger" },
      ...{ doNorm: true, normalizeTotal: 10000, filterGeneByCounts: 0, filterCellByCounts: 0 },
      ...{ nBins: 51, includeZeroGene: false },
    },
    training: {
      ...{ doTrain: true, trainTestSplitRatio: 0.1, logInterval: 100, saveEvalInterval: 1 },
      ...{ epochs: 5, batchSize: 64, lr: 0.0002, dropout: 0.2, scheduleRatio: 0.9, scheduleInterval: 1 },
      ...{
        maxSeqLen: 3001,
        freeze: "none",
        classWeighted: false,
        seed: 7,
        amp: true,
        name: "eyeGPT",
      },
      ...{ mlm: false, mvc: false, ecs: false, cce: false, dab: false, explicitZeroProb: false },
      ...{ maskRatio: 0, ecsThreshold: 0, dabWeight: 0 },
    },
    model: "pretrained_models/scGPT_human",
    inputData: "save/pp_eyeGPT-May05-10-00-00/input_data.h5ad",
  });
  assert.match(notes[0], /train_args\.yml hold over the defaults; what is given beside it wins over both$/);
  assert.match(notes.at(-1)!, /the architecture is that of the model, .*nlayers, nheads, embsize/);
});

test("keys that have no effect are told by their line", () => {
  const path = written(`task_info:
  raw_dataset_name: "eyeGPT"
preprocess:
  n_hvgs: 3000
model_parameters:
  # A comment takes a line too.
  max_seq_len: 3001
  epochs: 5
task_configs:
  ADV: true
  cls_token: "<cls>"
  MLM: true
  mask_ratio: 0.15
`);
  const { notes, training } = readTrainArgs(path);
  assert.deepEqual(training, { epochs: 5, mlm: true, maskRatio: 0.15, name: "eyeGPT" });
  assert.deepEqual(notes.slice(1), [
    `WARNING: ${path}:4: preprocess: n_hvgs is no key of the published file, and none of ours: it has no effect`,
    `WARNING: ${path}:7: model_parameters: max_seq_len belongs to the section task_configs: it has no effect`,
    `WARNING: ${path}:10: task_configs: ADV is true, which this version does not do: it has no effect`,
  ]);
});

test("values are read as Python's yaml reads them", () => {
  const text =
    "model_parameters:\n  lr: 1e-4\n  freeze_predecoder: True\n  amp: yes\ntask_info:\npreprocess:\n";
  assert.deepEqual(readTrainArgs(written(text)).training, { lr: 1e-4, freeze: "predecoder", amp: true });
});

for (const [what, text, message] of [
  ...[
    ["append_cls", "false", "true: labels are read off the <cls> token"],
    ["cls_token", '"[CLS]"', '"<cls>": the token in front of a cell is always "<cls>"'],
    ["input_style", '"log1p"', '"binned": values are always binned'],
  ].map(([key, value, why]): [string, string, RegExp] => [
    `another ${key}`,
    `task_info:\n  save_dir: x\ntask_configs:\n  ${key}: ${value}\n`,
    new RegExp(
      `train_args\\.yml:4: task_configs: ${key} is ${value.replace(/[[\]]/g, "\\$&")}; expected ${why}`,
    ),
  ]),
  [
    "a value of another type",
    "task_info:\n  save_dir: x\nmodel_parameters:\n  epochs: many\n",
    /train_args\.yml:4: model_parameters: epochs is "many"; expected a whole number of at least 1 \(--epochs\)/,
  ],
  [
    "a list for a number",
    "model_parameters:\n  lr: [1]\n",
    /train_args\.yml:2: model_parameters: lr is \[1\]; expected a number/,
  ],
  [
    "a section that is none",
    "task_info: {}\npreprocess: 3\n",
    /train_args\.yml:2: preprocess is 3; expected a section of keys/,
  ],
  ["no sections", "- 1\n", /train_args\.yml:1: expected the sections task_info, preprocess/],
  ["no YAML", "task_info:\n  a: 'b\n", /train_args\.yml:\d: no YAML: Missing closing 'quote/],
  ["a key twice", "task_info:\n  a: 1\n  a: 2\n", /train_args\.yml:3: no YAML: Map keys must be unique/],
] as const)
  test(`a file with ${what} is refused by its line`, () => {
    assert.throws(() => readTrainArgs(written(text)), message);
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
  fails({ doTrain: "yes" }, /the option doTrain is "yes"; expected true or false \(--do-train\)/);
  fails(
    { freeze: "last-0-layers" },
    /the option freeze is "last-0-layers"; expected "none", .* say last-2-layers \(--freeze\)/,
  );
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
  const text = writeSections({ task_info: { names, count: 3, rate: 0.1, on: true, none: null } });
  const folder = mkdtempSync(join(tmpdir(), "yaml-"));
  writeFileSync(join(folder, "names.yml"), text);
  const read = JSON.parse(python("test/settings/readYaml.py", join(folder, "names.yml")));
  assert.deepEqual(read, { task_info: { names, count: 3, rate: 0.1, on: true, none: null } });
  assert.deepEqual(parse(text), read);
});
