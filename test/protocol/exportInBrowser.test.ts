import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { evaluate, exportModel, finetune } from "../../src/index.js";
import { preparedCells, tinyModel } from "../support/prepared.js";
import { paddedTokens } from "../support/tokens.js";

const skip = !process.env.CHROMIUM && "no Chromium: see the line above";
const PACKAGE = "node_modules/onnxruntime-web/dist";

test("onnxruntime-web in a browser gives an exported model's probabilities as ours", { skip }, async (t) => {
  const ready = preparedCells(await tinyModel(), 60);
  const run = await finetune(ready, { epochs: 2, lr: 2e-3, device: "cpu" });
  const { labelled } = (await evaluate(run, { cells: ready, subset: "all" })).parts;
  const model = join(mkdtempSync(join(tmpdir(), "web-")), "model.onnx");
  await exportModel(run, model);
  const rows = { ...ready.tokens, geneIds: ready.tokens.geneIds.map((_, column) => column + 2) };
  const { genes, values, cells, length } = paddedTokens(rows, { padId: 0, clsId: 1 });

  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox"],
  });
  t.after(() => browser.close());
  const page = await browser.newPage();
  // A page of its own, whose files are those of the package and the model.
  await page.route("http://cellkernel.test/**", (route) => {
    const name = basename(new URL(route.request().url()).pathname);
    if (name === "page") return route.fulfill({ contentType: "text/html", body: "<!doctype html>" });
    return route.fulfill({ path: name === "model.onnx" ? model : join(PACKAGE, name) });
  });
  await page.goto("http://cellkernel.test/page");
  const probabilities = await page.evaluate(
    async ({ genes, values, dims }) => {
      // In the page, beyond the types of this file.
      const address = "http://cellkernel.test/ort.wasm.bundle.min.mjs";
      const ort = await import(address);
      ort.env.wasm.numThreads = 1;
      ort.env.wasm.wasmPaths = "http://cellkernel.test/";
      const session = await ort.InferenceSession.create("http://cellkernel.test/model.onnx");
      const out = await session.run({
        genes: new ort.Tensor("int32", Int32Array.from(genes), dims),
        values: new ort.Tensor("float32", Float32Array.from(values), dims),
      });
      return Array.from(out.probabilities.data as Float32Array);
    },
    { genes: [...genes], values: [...values], dims: [cells, length] },
  );
  assert.equal(probabilities.length, cells * 3);
  for (let cell = 0; cell < cells; cell++) {
    const p = probabilities[cell * 3 + labelled.codes[cell]];
    assert.ok(Math.abs(p - labelled.probabilities[cell]) < 1e-5, `cell ${cell}: ${p}`);
  }
});
