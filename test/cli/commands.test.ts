import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { COMMANDS } from "../../src/cli/commands.js";
import { perform } from "../../src/cli/perform.js";
import { finetune, loadPrepared, loadRun, preprocess, savePrepared, writeH5ad } from "../../src/index.js";
import { denseMatrix } from "../preprocess/matrix.js";
import { memoryCells } from "../protocol/cells.js";
import { tinyModel } from "../support/prepared.js";
import "../support/withoutProjection.js";

const folder = mkdtempSync(join(tmpdir(), "commands-"));
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
const at = (name: string) => join(folder, name);
const CPU = ["--device", "cpu", "--threads", "1"];
/** Enough steps for a pace. */
const SHORT = ["--epochs", "2", "--batch-size", "8", ...CPU];

/** What each command of the protocol is called with where all goes well, and what its progress says. */
const WORK: Record<string, { args: string[]; says?: RegExp }> = {
  preprocess: { args: [at("cells.h5ad"), "--cell-type", "type", "--out", at("again")], says: /s left$/ },
  finetune: { args: [at("prepared"), ...SHORT, "--out", at("tuned")], says: /about .* left/ },
  resume: { args: [at("resumed"), "--epochs", "2"], says: /about .* left/ },
  evaluate: { args: [at("run"), at("cells.h5ad"), ...CPU], says: /% of the cells labelled/ },
  annotate: {
    args: [at("run"), at("cells.h5ad"), ...CPU, "--out", at("a.h5ad")],
    says: /% of the cells labelled/,
  },
  embed: {
    args: [at("run"), at("cells.h5ad"), ...CPU, "--out", at("e.h5ad")],
    says: /% of the cells embedded/,
  },
  export: { args: [at("run"), "--out", at("model.onnx")] },
  pretrain: {
    args: [at("cells.h5ad"), "--model", at("run"), ...SHORT, "--out", at("pretrained")],
    says: /about .* left/,
  },
};

async function done(name: string, args: readonly string[], hear: (stop: AbortController) => void = () => {}) {
  const said = { progress: [] as string[], out: [] as string[], err: [] as string[] };
  const stop = new AbortController();
  const code = await perform(
    { name, args: [...args] },
    ({ progress, out, err }) => {
      if (progress !== undefined) said.progress.push(progress);
      if (out !== undefined) said.out.push(out);
      if (err !== undefined) said.err.push(err);
      if (progress !== undefined) hear(stop);
    },
    stop.signal,
  );
  return { code, ...said };
}

before(async () => {
  const rows = Array.from({ length: 60 }, (_, cell) =>
    Array.from({ length: 40 }, (_, gene) => ((gene % 3 === cell % 3 ? 9 : 1) * (cell + gene)) % 7),
  );
  const type = rows.map((_, cell) => ["a", "b", "c"][cell % 3]);
  const cells = memoryCells(denseMatrix(rows), { obs: { type } });
  await writeH5ad(cells, at("cells.h5ad"));
  const model = await tinyModel({ input_emb_style: "scaling", n_layers_cls: 1 });
  savePrepared(await preprocess(cells, { cellType: "type", nHvg: 0, model }), at("prepared"));
  const ready = loadPrepared(at("prepared"));
  const settings = { epochs: 1, batchSize: 8, device: "cpu", threads: 1 } as const;
  await finetune(ready, { ...settings, saveDir: at("resumed") });
  cpSync(at("resumed"), at("resumed-stopped"), { recursive: true });
  await (await loadRun(at("resumed"))).save(at("run"));
});

for (const [name, { args, says }] of Object.entries(WORK)) {
  test(`${name}: 0, one JSON object, progress; 1 for a path that is none; 130 when it is stopped`, async () => {
    // Stopped at the first sign of life, where there is one before the end.
    if (says) {
      const stopped = await done(name, elsewhere(args), (stop) => stop.abort(new Error("Interrupted")));
      assert.deepEqual([stopped.code, stopped.out], [130, []], stopped.err.join());
    }
    const { code, out, progress, err } = await done(name, [...args, "--json"]);
    assert.equal(code, 0, err.join());
    assert.equal(out.length, 1);
    assert.ok(!out[0].includes("\n"));
    assert.equal(JSON.parse(out[0]).constructor, Object);
    if (says)
      assert.ok(
        progress.some((line) => says.test(line)),
        progress.join("\n"),
      );
    const failed = await done(name, [at("nowhere"), ...elsewhere(args).slice(1)]);
    assert.deepEqual([failed.code, failed.out], [1, []]);
    assert.match(failed.err.join(), new RegExp(`^cellkernel ${name}: .*nowhere`));
  });
}

/** With another output, so that what is stopped is in nobody's way. */
function elsewhere(args: readonly string[]): string[] {
  return args.map((arg, i) =>
    args[i - 1] === "--out" || arg === at("resumed") ? arg.replace(/(\.\w+)?$/, "-stopped$1") : arg,
  );
}

test("finetune --folds takes a run's own file, is one object, and its folder evaluates and annotates", async () => {
  const config = ["--config", join(at("run"), "dev_train_args.yml")];
  const all = [at("prepared"), ...config, "--folds", "2", "--out", at("folds"), "--json"];
  const { code, out, progress, err } = await done("finetune", all);
  assert.equal(code, 0, err.join());
  const { series } = JSON.parse(out[0]);
  assert.deepEqual([series.parts.length, series.together.cells], [2, 60]);
  const [a, b] = series.parts.map((part: { figures: { accuracy: number } }) => part.figures.accuracy);
  assert.ok(Math.abs(series.mean.accuracy - (a + b) / 2) < 1e-12);
  assert.ok(Math.abs(series.standardDeviation.accuracy - Math.abs(a - b) / Math.SQRT2) < 1e-12);
  assert.ok(
    progress.some((line) => /about .* left · .*fold 1 \(1 of 2\)/.test(line)),
    progress.join("\n"),
  );
  const report = await done("evaluate", [at("folds"), "--json"]);
  assert.equal(JSON.parse(report.out[0]).accuracy, series.together.accuracy);
  const labelled = await done("annotate", [
    at("folds"),
    at("cells.h5ad"),
    "--out",
    at("by-folds.csv"),
    "--json",
  ]);
  assert.equal(JSON.parse(labelled.out[0]).cells, 60, labelled.err.join());
});

test("every command knows --json and --help, and calls a mistake a mistake", async () => {
  for (const [name, load] of Object.entries(COMMANDS)) {
    const { required } = await load();
    const enough = Array.from({ length: required }, () => "x");
    const unknown = await done(name, [...enough, "--json", "--no-such-option"]);
    assert.equal(unknown.code, 2, name);
    assert.match(unknown.err.join(), new RegExp(`no-such-option(.|\\n)*See: cellkernel ${name} --help$`));
    if (required > 0) assert.equal((await done(name, ["--json"])).code, 2, name);
  }
});

test("a run that was moved, and trained on a device that is not here, labels all the same", async () => {
  const run = await loadRun(at("run"));
  const moved = at("moved");
  await run.save(at("before"));
  renameSync(at("before"), moved);
  const record = JSON.parse(readFileSync(join(moved, "run.json"), "utf8"));
  writeFileSync(
    join(moved, "run.json"),
    JSON.stringify({ ...record, settings: { ...record.settings, device: "cuda" } }),
  );
  const labels = async (from: string, ...flags: string[]) => {
    const { out, err } = await done("annotate", [
      from,
      at("cells.h5ad"),
      "--out",
      at("labels.h5ad"),
      "--json",
      ...flags,
    ]);
    assert.equal(out.length, 1, err.join());
    return JSON.parse(out[0]).labels;
  };
  assert.deepEqual(await labels(moved), await labels(at("run"), ...CPU));
  const asked = await done("annotate", [moved, at("cells.h5ad"), "--out", at("no.h5ad"), "--device", "cuda"]);
  assert.equal(asked.code, 1);
});
