import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { Environment, wheel } from "../wheel/environment.js";

interface Cell {
  source: string | string[];
  outputs?: {
    output_type: string;
    name?: string;
    data?: Record<string, string | string[]>;
    text?: string | string[];
  }[];
}
const text = (lines: string | string[] | undefined) => [lines ?? ""].flat().join("");

describe("a notebook of Python, on a host that has neither our kernel nor Node", () => {
  const host = new Environment("host");
  before(() => {
    host.pip("install", "--no-deps", "-r", "requirements/tools.txt", "-r", "requirements/hosts.txt");
    host.pip("install", wheel);
    mkdirSync(join(host.root, "work"));
  });
  after(() => host.remove());

  const python = (script: string, ...args: string[]) =>
    host.run("python", [resolve("test/hosts", script), ...args], { env: { HOME: host.root } });

  it("goes from AnnData to labels by %%ts cells, in papermill and ipykernel", () => {
    const notebook = JSON.parse(readFileSync("notebooks/python.ipynb", "utf8")) as { cells: Cell[] };
    const [install, ...others] = notebook.cells.filter(({ source }) => text(source).startsWith("%pip"));
    assert.equal(text(install.source), "%pip install -q cellkernel anndata scanpy");
    assert.deepEqual(others, []);
    // Done already, from a wheel that no index has.
    install.source = "";
    writeFileSync(join(host.root, "work/python.ipynb"), JSON.stringify(notebook));
    const { status, all } = host.run(
      "papermill",
      ["--no-progress-bar", "--cwd", "work", "work/python.ipynb", "work/done.ipynb"],
      { env: { HOME: host.root } },
    );
    assert.equal(status, 0, all);
    const done = JSON.parse(readFileSync(join(host.root, "work/done.ipynb"), "utf8")) as { cells: Cell[] };
    const outputsOf = (begin: RegExp) =>
      done.cells.filter(({ source }) => begin.test(text(source))).flatMap(({ outputs }) => outputs ?? []);
    // One output, which the training has drawn anew in its place; a picture of its end, and nothing live.
    const [curves, ...more] = outputsOf(/finetune\(ready/).filter(
      ({ output_type }) => output_type !== "stream",
    );
    assert.deepEqual(more, []);
    assert.ok(curves.data?.["image/png"]);
    assert.ok(!Object.keys(curves.data).some((mime) => mime.includes("cellkernel")));
    assert.match(text(outputsOf(/await evaluate/).at(-1)?.data?.["text/html"]), /70 cells/);
    assert.ok(outputsOf(/report\.embedding/).at(-1)?.data?.["image/png"]);
    assert.match(text(outputsOf(/DataFrame/)[0].data?.["text/plain"]), /Dendritic +[01]\.\d+/);
    assert.match(text(outputsOf(/cellkernel\.annotate/).at(-1)?.data?.["text/plain"]), /predicted_label/);
  });

  it("hands values over unchanged, and fails, stops and ends as it should", () => {
    const { status, all } = python("values.py");
    assert.equal(status, 0, all);
    assert.match(all, /all is right/);
  });

  it("fine-tunes, labels and embeds AnnData by three functions", () => {
    const { status, stdout, all } = python(
      "steps.py",
      resolve("notebooks/data/pbmc68k_reduced.h5ad"),
      join(host.root, "work/another run"),
    );
    assert.equal(status, 0, all);
    const { added, agree, embeddings, failed, unknown } = JSON.parse(stdout.trim().split("\n").at(-1)!);
    for (const column of ["predicted_label", "probability", "margin", "assigned_label"])
      assert.ok(added.includes(column), `${column} in ${added}`);
    // The most frequent class: 0.34.
    assert.ok(agree > 0.6, String(agree));
    assert.deepEqual(embeddings, [700, 64]);
    assert.match(failed, /no such/);
    assert.match(unknown, /finetune has no option 'epoch'/);
  });
});
