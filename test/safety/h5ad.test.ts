import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Dataset, File, type Group } from "h5wasm/node";
import { loadLibrary } from "../../src/anndata/hdf5/library.js";
import { Victim } from "../support/attack.js";

const folder = mkdtempSync(join(tmpdir(), "hostile-h5ad-"));
const victim = new Victim();
after(async () => {
  await victim.close();
  rmSync(folder, { recursive: true });
});

const CELLS = 5;

/** An .h5ad file of five cells and two genes, of which datasets claim other lengths than they were written with. */
async function hostile(name: string, edit: (file: File) => void = () => {}): Promise<string> {
  await loadLibrary();
  const path = join(folder, name);
  const file = new File(path, "w");
  const encoded = (group: string, type: string, version: string) => {
    const made = file.create_group(group);
    made.create_attribute("encoding-type", type);
    made.create_attribute("encoding-version", version);
    return made;
  };
  const growing = (
    group: Group,
    dataset: string,
    data: string[] | Int8Array | BigInt64Array | Float32Array,
  ) => group.create_dataset({ name: dataset, data, maxshape: [null], chunks: [65_536] });
  for (const [frame, names] of [
    ["obs", ["a", "b", "c", "d", "e"]],
    ["var", ["g", "h"]],
  ] as const) {
    const group = encoded(frame, "dataframe", "0.2.0");
    group.create_attribute("_index", "_index");
    growing(group, "_index", [...names]);
  }
  const column = encoded("obs/type", "categorical", "0.2.0");
  growing(column, "codes", Int8Array.of(0, 1, 0, 1, 0));
  growing(column, "categories", ["B", "T"]);
  const X = encoded("X", "csr_matrix", "0.1.0");
  X.create_attribute("shape", BigInt64Array.of(BigInt(CELLS), 2n));
  growing(X, "data", Float32Array.of(1));
  growing(X, "indices", BigInt64Array.of(1n));
  growing(X, "indptr", BigInt64Array.of(0n, 1n, 1n, 1n, 1n, 1n));
  encoded("uns", "dict", "0.1.0");
  edit(file);
  file.close();
  return path;
}

/** Makes a dataset claim another length; what is new in it is not written, and takes no room. */
const claim = (dataset: string, length: number) => (file: File) =>
  void (file.get(dataset) as Dataset).resize([length]);

/** Ten thousand million ways down through forty groups, each of which holds the next one twice. */
function ways(file: File): void {
  for (let level = 0; level < 40; level++) {
    const path = `uns/top${"/a".repeat(level)}`;
    file.create_group(path);
  }
  for (let level = 0; level < 39; level++) {
    const path = `/uns/top${"/a".repeat(level)}`;
    (file.get(path) as Group).create_hard_link(`${path}/a`, "b");
  }
}

const sizes: [name: string, edit: (file: File) => void, expected: RegExp][] = [
  ["cells.h5ad", claim("obs/_index", 2 ** 27), /\/X is 5 × 2, but obs and var ask for 134217728 × 2/],
  ["codes.h5ad", claim("obs/type/codes", 2 ** 30), /column type has 1073741824 rows, the index has 5/],
  [
    "categories.h5ad",
    claim("obs/type/categories", 2 ** 26),
    /\/obs\/type\/categories claims 67108864 elements, 1073741824 bytes, too many for a file of \d+ bytes/,
  ],
  [
    "consistent.h5ad",
    (file) => {
      claim("obs/_index", 2 ** 24)(file);
      claim("obs/type/codes", 2 ** 24)(file);
      const X = file.get("X") as Group;
      X.delete_attribute("shape");
      X.create_attribute("shape", BigInt64Array.of(2n ** 24n, 2n));
    },
    /\/obs\/_index claims 16777216 elements|\/obs\/type\/codes claims/,
  ],
  ["pointers.h5ad", claim("X/indptr", 2 ** 40), /\/X\/indptr claims 1099511627776 elements/],
  [
    "entries.h5ad",
    (file) => {
      for (const part of ["data", "indices"]) claim(`X/${part}`, 2 ** 31)(file);
      (file.get("X/indptr") as Dataset).write_slice([[1, 6]], new BigInt64Array(5).fill(2n ** 31n));
    },
    /\/X: line 0 has 2147483648 entries in 2 places/,
  ],
];

test("a small .h5ad file that claims large sizes is refused within 3 s and 500 MB", async (t) => {
  const good = (await victim.read("inspect", await hostile("good.h5ad"), 30)).value as { cells: number };
  assert.equal(good.cells, CELLS);
  for (const [name, edit, expected] of sizes)
    await t.test(name, async () => {
      const { error, ended, ms, megabytes } = await victim.read("inspect", await hostile(name, edit));
      assert.equal(ended, undefined);
      assert.deepEqual([error?.name, error?.code], ["CellkernelError", "format"]);
      assert.match(error!.message, expected);
      assert.ok(ms < 3000 && megabytes < 500, `${ms} ms, ${megabytes} MB`);
    });
});

test("a text that claims 1.2 GB is refused within 500 MB, wherever it stands", async () => {
  const path = join(folder, "text.h5ad");
  const source = readFileSync("test/fixtures/h5ad/csr.h5ad");
  const heaps = new Set<bigint>();
  for (let at = source.indexOf("GCOL"); at >= 0; at = source.indexOf("GCOL", at + 1)) heaps.add(BigInt(at));
  // A text is kept as its length and its place in a heap (HDF5 format, "global heap ID").
  const texts = Array.from({ length: source.length / 4 - 4 }, (_, i) => 4 * i).filter((at) =>
    heaps.has(source.readBigUInt64LE(at + 4)),
  );
  const refused = /asks for 1\d\d\d MB of memory, too many for a file of 113144 bytes; it is damaged/;
  const found: string[] = [];
  for (let i = 0; i < texts.length; i += 23) {
    const bytes = Buffer.from(source);
    bytes.writeUInt32LE(1_200_000_000, texts[i]);
    writeFileSync(path, bytes);
    const { value, error, megabytes } = await victim.read("cells", path);
    const said = [error?.message, ...Object.values((value as object) ?? {})].filter((one) =>
      refused.test(one),
    );
    found.push(...said);
    assert.ok(megabytes < 500, `${megabytes} MB`);
  }
  assert.ok(found.some((message) => /attribute/.test(message)) && found.length > 12, found.join());
});

test("links in uns that lead back, down without end or there in many ways are refused within 5 s", async () => {
  const path = await hostile("links.h5ad", (file) => {
    const uns = file.get("uns") as Group;
    for (let i = 0; i < 2; i++) uns.create_hard_link("/uns", `self${i}`);
    for (let level = 0; level < 70; level++) file.create_group(`uns/deep${"/d".repeat(level)}`);
    ways(file);
    uns.create_dataset({ name: "plain", data: Float32Array.of(3) });
  });
  const { value, error, ms } = await victim.read("cells", path, 20);
  assert.equal(error, undefined);
  const digest = value as Record<string, string>;
  for (const name of ["self0", "self1"])
    assert.match(
      `${digest[`uns/${name}`]}`,
      /^! CellkernelError: .* (holds itself|lies in more than 64 groups); it cannot be read/,
    );
  assert.match(digest["uns/deep"], /lies in more than 64 groups; it cannot be read/);
  assert.match(digest["uns/top"], /is linked from too many places; it cannot be read/);
  assert.match(digest["uns/plain"], /^\[1\] numbers/);
  assert.ok(ms < 5000, `${ms} ms`);
});

test("a categorical column whose codes are no column, and whose categories are itself, is refused", async () => {
  const edits: [string, (file: File) => void, RegExp][] = [
    [
      "plane.h5ad",
      (file) => {
        const column = file.create_group("obs/plane");
        column.create_attribute("encoding-type", "categorical");
        column.create_dataset({ name: "codes", data: Int8Array.of(0, 0, 0, 0, 0), shape: [5, 1] });
        column.create_dataset({ name: "categories", data: ["x"] });
      },
      /\/obs\/plane: its codes have 2 dimensions/,
    ],
    [
      "itself.h5ad",
      (file) => {
        const column = file.create_group("obs/itself");
        column.create_attribute("encoding-type", "categorical");
        column.create_dataset({ name: "codes", data: Int8Array.of(0, 0, 0, 0, 0) });
        column.create_hard_link("/obs/itself", "categories");
      },
      /\/obs\/itself\/categories has the encoding "categorical", which categories cannot have/,
    ],
    [
      "wide.h5ad",
      (file) => {
        const column = file.create_group("obs/wide");
        column.create_attribute("encoding-type", "categorical");
        column.create_dataset({ name: "codes", data: BigInt64Array.of(2n ** 32n, 0n, 0n, 0n, 0n) });
        column.create_dataset({ name: "categories", data: ["x"] });
      },
      /\/obs\/wide: row 0 has category code -2, but there are 1 categories/,
    ],
  ];
  for (const [name, edit, expected] of edits)
    assert.match((await victim.read("cells", await hostile(name, edit))).error!.message, expected);
});

test("a heap that has no end is refused, where the library itself would read for ever", async () => {
  const edits: [name: string, signature: string, edit: (bytes: Buffer, heap: number) => void][] = [
    [
      "blocks.h5ad",
      "HEAP\0\0\0\0",
      (bytes, heap) => {
        // The first free block is that at 0, and is followed by itself.
        bytes.writeBigUInt64LE(0n, heap + 16);
        bytes.writeBigUInt64LE(0n, Number(bytes.readBigUInt64LE(heap + 24)));
      },
    ],
    [
      "objects.h5ad",
      "GCOL\x01\0\0\0",
      (bytes, heap) => {
        // The first object becomes free space of no length.
        bytes.writeUInt16LE(0, heap + 16);
        bytes.writeBigUInt64LE(0n, heap + 24);
      },
    ],
  ];
  for (const [name, signature, edit] of edits) {
    const path = join(folder, name);
    const bytes = readFileSync("test/fixtures/h5ad/csr.h5ad");
    edit(bytes, bytes.indexOf(Buffer.from(signature, "latin1")));
    writeFileSync(path, bytes);
    const { error, ended } = await victim.read("cells", path);
    assert.equal(ended, undefined);
    assert.match(error!.message, /h5ad is damaged: its heap at byte \d+ has no end/);
  }
});

const skip = !existsSync("/usr/bin/mkfifo") && "this system has no mkfifo";
test("a pipe is named as what it is instead of being waited for", { skip }, async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const reader of ["cells", "checkpoint", "options"]) {
    const { error } = await victim.read(reader, pipe, 10);
    assert.match(error!.message, /pipe is not a file; write what comes through a pipe to one first/);
    assert.equal(error!.name, "CellkernelError");
  }
});
