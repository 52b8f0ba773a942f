import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { table } from "arquero";
import { writeResults } from "../../src/anndata/write/results.js";
import { Victim } from "../support/attack.js";
import { temporaryFolder } from "../support/folder.js";

const victim = new Victim();
after(() => victim.close());

type Json = Record<string, unknown>;

/** Changes a JSON file of a store. */
function edit(store: string, name: string, changes: Json): void {
  const path = join(store, name);
  const before = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  writeFileSync(path, JSON.stringify({ ...before, ...changes }));
}

function texts(count: number, ...lengths: number[]): Buffer {
  return Buffer.from(new Uint32Array([count, ...lengths]).buffer);
}

/** A store of version 2 that is turned into a hostile one, and what must be said of it. */
const ATTACKS: [string, (store: string) => void, RegExp][] = [
  [
    "an index of 2^27 texts in a chunk of three",
    (store) => edit(store, "obs/_index/.zarray", { shape: [2 ** 27], chunks: [2 ** 27] }),
    /obs\/_index: its chunks claim 134217728 elements/,
  ],
  [
    "2^26 texts in chunks that are not there",
    (store) => edit(store, "uns/text/.zarray", { shape: [2 ** 26], chunks: [3] }),
    /uns\/text claims 67108864 elements/,
  ],
  [
    "2^40 values",
    (store) => {
      for (const name of ["data", "indices"]) edit(store, `X/${name}/.zarray`, { shape: [2 ** 40] });
      edit(store, "X/indptr/.zarray", { dtype: "<i8", shape: [4], chunks: [4], compressor: null });
      const pointers = new BigInt64Array(4).fill(2n ** 40n);
      pointers[0] = 0n;
      writeFileSync(join(store, "X/indptr/0"), new Uint8Array(pointers.buffer));
    },
    /X\/\w+ claims 1099511627776 elements/,
  ],
  [
    "chunks of 2^40 values",
    (store) => edit(store, "X/data/.zarray", { shape: [2 ** 40], chunks: [2 ** 40] }),
    /X\/data: its chunks claim 1099511627776 elements/,
  ],
  [
    "a chunk of 1 MB that unpacks to 1 GiB",
    (store) => {
      const megabyte = gzipSync(Buffer.alloc(2 ** 20));
      const compressor = { id: "gzip", level: 1 };
      edit(store, "uns/text/.zarray", {
        dtype: "<f4",
        shape: [2 ** 28],
        chunks: [2 ** 28],
        compressor,
        filters: null,
      });
      writeFileSync(join(store, "uns/text/0"), Buffer.concat(Array<Buffer>(1024).fill(megabyte)));
    },
    /uns\/text claims 268435456 elements/,
  ],
  [
    "a chunk whose header says 2 GiB",
    (store) => {
      const bytes = readFileSync(join(store, "X/data/0"));
      bytes.writeUInt32LE(2 ** 31 - 1, 4);
      writeFileSync(join(store, "X/data/0"), bytes);
    },
    /X\/data cannot be read: chunk 0: .*claim to unpack to 2147483647/,
  ],
  [
    "texts that are more than there are",
    (store) => {
      edit(store, "obs/_index/.zarray", { compressor: null });
      writeFileSync(join(store, "obs/_index/0"), texts(2 ** 32 - 1, 1));
    },
    /obs\/_index cannot be read: chunk 0: .*does not hold 3 texts/,
  ],
  [
    "a text that is longer than the chunk",
    (store) => {
      edit(store, "obs/_index/.zarray", { compressor: null });
      writeFileSync(join(store, "obs/_index/0"), texts(3, 2 ** 32 - 1, 0, 0));
    },
    /a text is cut short/,
  ],
  [
    "a text that is no UTF-8",
    (store) => {
      edit(store, "obs/_index/.zarray", { compressor: null });
      writeFileSync(
        join(store, "obs/_index/0"),
        Buffer.concat([texts(3, 1), Buffer.of(0xff), texts(1).subarray(0, 0), texts(0, 0)]),
      );
    },
    /a text is not valid UTF-8/,
  ],
  ["a chunk that is cut short", (store) => truncateSync(join(store, "X/data/0"), 20), /it is cut short/],
  [
    "an index of 2^26 texts for three cells",
    (store) => edit(store, "obs/_index/.zarray", { shape: [2 ** 26], chunks: [3] }),
    /X is 3 × 2, but obs and var ask for 67108864 × 2/,
  ],
  [
    "negative and fractional sizes",
    (store) => edit(store, "X/data/.zarray", { shape: [-1], chunks: [0.5] }),
    /X\/data: its metadata give a size of \[0\.5\]/,
  ],
  [
    "2^26 chunks of one element, none of them there",
    (store) => {
      edit(store, "uns/text/.zarray", { dtype: "|i1", filters: null, shape: [2 ** 26], chunks: [1] });
      rmSync(join(store, "uns/text/0"));
    },
    /uns\/text claims 67108864 elements in chunks of 1/,
  ],
  [
    "an index outside of the store",
    (store) => edit(store, "obs/.zattrs", { _index: "../../../../etc/passwd" }),
    /has no index "\.\.\/\.\.\/\.\.\/\.\.\/etc\/passwd"/,
  ],
  [
    "categories outside of the store",
    (store) => edit(store, "obs/note/.zattrs", { categories: "../../../elsewhere" }),
    /has no place "\/obs\/\.\.\/\.\.\/\.\.\/elsewhere"/,
  ],
  [
    "a link that leads in a circle",
    (store) => symlinkSync("..", join(store, "uns/loop")),
    /uns\/loop is a link, which is not followed/,
  ],
  [
    "a chunk that is a link out of the store",
    (store) => {
      rmSync(join(store, "X/data/0"));
      symlinkSync("/etc/passwd", join(store, "X/data/0"));
    },
    /X\/data\/0 is a link out of the store, which is not followed/,
  ],
  [
    "a pipe instead of a chunk",
    (store) => {
      rmSync(join(store, "X/data/0"));
      execFileSync("mkfifo", [join(store, "X/data/0")]);
    },
    /X\/data\/0 is not a file/,
  ],
  [
    "groups in groups in groups",
    (store) => {
      let folder = join(store, "uns");
      for (let level = 0; level < 100; level++) {
        folder = join(folder, "a");
        mkdirSync(folder);
        writeFileSync(join(folder, ".zgroup"), '{"zarr_format": 2}');
      }
    },
    /nested more than 64 deep/,
  ],
  [
    "metadata that are no JSON",
    (store) => writeFileSync(join(store, "obs/.zattrs"), "[".repeat(2 ** 20)),
    /obs: \.zattrs is damaged/,
  ],
];

for (const [name, attack, message] of ATTACKS)
  test(`${name}: refused at once, in little memory`, async (context) => {
    const store = join(temporaryFolder(context), "hostile.zarr");
    cpSync("test/fixtures/zarr/v2.zarr", store, { recursive: true });
    attack(store);
    const { value, error, ended, ms, megabytes } = await victim.read("cells", store, 30);
    assert.equal(ended, undefined);
    // Matrices and members are read after the data is opened; what they say stands in their place.
    assert.match(error?.message ?? JSON.stringify(value), message);
    assert.ok(ms < 5000 && megabytes < 500, `${ms} ms, ${megabytes} MB`);
  });

test("results are not written through a link of the store that was copied", async (context) => {
  const folder = temporaryFolder(context);
  const store = join(folder, "in.zarr");
  cpSync("test/fixtures/zarr/v2.zarr", store, { recursive: true });
  const outside = join(folder, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, ".zgroup"), '{"zarr_format": 2}');
  rmSync(join(store, "varp"), { recursive: true });
  symlinkSync(outside, join(store, "varp"));
  const obs = table({ label: ["a", "b", "c"] });
  await assert.rejects(
    writeResults(store, join(folder, "out.zarr"), { obs }, { byRow: true }),
    /varp is (reached by )?a link.*which is not followed|link or no plain file, which is not copied/,
  );
  assert.ok(!existsSync(join(folder, "out.zarr")));
});

test("a store is written to where a link points, and the link stays", async (context) => {
  const folder = temporaryFolder(context);
  const obs = table({ label: ["a", "b", "c"] });
  const out = join(folder, "real.zarr");
  await writeResults("test/fixtures/zarr/v3.zarr", out, { obs }, { byRow: true });
  symlinkSync("real.zarr", join(folder, "link.zarr"));
  await writeResults("test/fixtures/zarr/v2.zarr", join(folder, "link.zarr"), { obs }, { byRow: true });
  assert.ok(lstatSync(join(folder, "link.zarr")).isSymbolicLink());
  assert.ok(existsSync(join(out, ".zgroup")) && !existsSync(join(out, "zarr.json")));
});

for (const name of ["..", ".", "", ".zgroup", "zarr.json", "a\\b"])
  test(`a member that is called ${JSON.stringify(name)} leads nowhere`, async (context) => {
    const folder = temporaryFolder(context);
    mkdirSync(join(folder, "a", "b"), { recursive: true });
    for (const path of ["mine", "a/mine", "a/b/mine"]) writeFileSync(join(folder, path), "mine");
    const out = join(folder, "a", "b", "out.zarr");
    const uns = { x: { [name]: { [name]: { [name]: { b: { c: 1 } } } } } };
    const obs = table({ label: ["a", "b", "c"] });
    for (const input of ["test/fixtures/zarr/v2.zarr", "test/fixtures/zarr/v3.zarr"])
      await assert.rejects(
        writeResults(input, out, { obs, uns }, { byRow: true }),
        /cannot be written to a Zarr store; rename it/,
      );
    for (const path of ["mine", "a/mine", "a/b/mine"]) assert.ok(existsSync(join(folder, path)));
    assert.deepEqual(readdirSync(join(folder, "a", "b")), ["mine"]);
  });
