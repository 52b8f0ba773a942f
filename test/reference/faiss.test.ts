import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { readFaiss } from "../../src/reference/faissFile.js";
import { defaultProbes } from "../../src/reference/faissProbes.js";
import { FaissSearch } from "../../src/reference/faissSearch.js";

const scratch = mkdtempSync(join(tmpdir(), "faiss-"));

/** The index of a folder that test/fixtures/reference/make_faiss.py wrote with faiss, and what faiss finds in it. */
function fixture(lists: number) {
  const folder = `test/fixtures/reference/faiss${lists}`;
  const path = join(scratch, `${lists}.faiss`);
  const bytes = gunzipSync(readFileSync(join(folder, "index.faiss.gz")));
  writeFileSync(path, bytes);
  const found: {
    nprobe: number;
    queries: number[][];
    rows: number[][];
    distances: number[][];
    exact: number[][];
  } = JSON.parse(readFileSync(join(folder, "found.json"), "utf8"));
  return { path, bytes, found };
}

for (const lists of [64, 1024])
  test(`of an index of ${lists} lists, the same cells are found as by faiss, at its distances`, async () => {
    const { path, found } = fixture(lists);
    const index = readFaiss(path);
    assert.equal(index.centroids.length / index.width, lists);
    assert.equal(found.nprobe, defaultProbes(lists));
    const search = await FaissSearch.open(index, 1);
    const own = await search.nearest(Float32Array.from(found.queries.flat()), 10, found.nprobe);
    // One that comes alone finds what it finds among others.
    const width = found.queries[0].length;
    const alone = await search.nearest(
      Float32Array.from(found.queries[0]).subarray(0, width),
      10,
      found.nprobe,
    );
    assert.deepEqual([...alone.distances], [...own.distances.slice(0, 10)]);
    await search.release();
    const rows = found.rows.map((_, query) => [...own.rows.slice(query * 10, (query + 1) * 10)]);
    const recall = (of: number[][]) =>
      of.reduce((sum, row, query) => sum + row.filter((id) => found.exact[query].includes(id)).length, 0) /
      1000;
    assert.ok(recall(rows) >= recall(found.rows) - 0.01, `${recall(rows)}, faiss ${recall(found.rows)}`);
    // faiss finds the lists by a graph, and may miss one.
    let same = 0;
    rows.forEach((row, query) => {
      row.forEach((id, i) => {
        const theirs = found.rows[query].indexOf(id);
        if (theirs < 0) return;
        same++;
        const distance = Math.sqrt(found.distances[query][theirs]);
        assert.ok(
          Math.abs(own.distances[query * 10 + i] - distance) < 1e-4,
          `${own.distances[query * 10 + i]}, ${distance}`,
        );
      });
    });
    assert.ok(same >= 990, `${same} of 1000`);
  });

test("the lists that are looked through are as many as the published code takes", () => {
  assert.deepEqual(
    [64, 1000, 1024, 4000, 4096, 16000, 16384].map(defaultProbes),
    [16, 16, 32, 32, 64, 64, 128],
  );
});

test("what is no such index is refused, before anything is made for it", () => {
  const { bytes } = fixture(64);
  const refused = (name: string, change: (bytes: Buffer) => Uint8Array, message: RegExp) => {
    const path = join(scratch, name);
    writeFileSync(path, change(Buffer.from(bytes)));
    assert.throws(() => readFaiss(path), message);
  };
  refused(
    "flat",
    (all) => Buffer.concat([Buffer.from("IxF2"), all.subarray(4)]),
    /it has "IxF2" where an index behind a transform/,
  );
  refused(
    "short",
    (all) => all.subarray(0, all.length - 9),
    /is no faiss index of the published kind.*or damaged: it ends at byte/,
  );
  refused("long", (all) => Buffer.concat([all, Buffer.of(0)]), /1 bytes too many/);
  refused(
    "product",
    (all) => {
      all.writeInt32LE(0, 33);
      return all;
    },
    /its distance is faiss's number 0; expected L2/,
  );
});
