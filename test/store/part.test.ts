import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fingerprintOf } from "../../src/store/fingerprint.js";
import { PartWriter, partName, writePart } from "../../src/store/part.js";
import { PartReader, readPart } from "../../src/store/partReader.js";
import { partStates, requireParts } from "../../src/store/partStates.js";
import {
  type Plan,
  readPlan,
  requireSameFiles,
  requireVersion,
  shardRows,
  withId,
  writePlan,
} from "../../src/store/plan.js";
import { temporaryFolder } from "../support/folder.js";

const plan: Plan = withId({
  ...{ step: "annotate", version: "1.2.3", files: [], decided: { matrix: "X", wanted: undefined } },
  shards: shardRows(10, 3),
});

const contents = (shard: number) => ({
  kind: "annotate",
  meta: { notes: [`part ${shard}`], share: 0.1 },
  arrays: {
    codes: Int8Array.of(-1, shard, 2),
    values: Float64Array.of(Math.PI, Number.NaN, -0),
    rows: Int32Array.of(2 ** 31 - 1, shard),
    none: new Float32Array(0),
  },
});

test("rows are dealt as evenly as they can be, by whole blocks where that is asked for", () => {
  assert.deepEqual(shardRows(10, 3), [
    [0, 3],
    [3, 6],
    [6, 10],
  ]);
  assert.deepEqual(shardRows(7, 1), [[0, 7]]);
  assert.deepEqual(shardRows(1000, 3, 256), [
    [0, 256],
    [256, 512],
    [512, 1000],
  ]);
  assert.throws(
    () => shardRows(5, 6),
    /the option shards is 6; expected a whole number from 1 to 5, for 5 cells/,
  );
  assert.throws(() => shardRows(5, 0), /shards is 0/);
});

test("a plan comes back as it was written, and is refused where it is not", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "plan.json");
  writePlan(path, plan);
  assert.deepEqual(readPlan(path, ["annotate"]), plan);
  assert.throws(
    () => readPlan(path, ["map", "embed"]),
    /plan\.json is a plan for annotate, not for map or embed/,
  );
  assert.throws(
    () => readPlan(join(folder, "no.json"), ["map"]),
    /there is no plan .*no\.json: make the plan again/,
  );
  writeFileSync(path, readFileSync(path, "utf8").replace('"matrix":"X"', '"matrix":"raw"'));
  assert.throws(
    () => readPlan(path, ["annotate"]),
    /plan\.json is not as it was written: make the plan again/,
  );
  assert.throws(
    () => requireVersion(plan, "1.2.4"),
    /the plan was made by Cellkernel 1\.2\.3, and this is 1\.2\.4: use that one for all shards, or make/,
  );
});

test("a part comes back as it was written, in rows or whole", (t) => {
  const folder = temporaryFolder(t);
  const path = writePart(join(folder, "parts"), plan, 1, contents(1));
  assert.equal(path, join(folder, "parts", "part.00001.annotate.safetensors"));
  const part = readPart(path, plan);
  assert.deepEqual(part.rows, [3, 6]);
  assert.deepEqual(part.meta, contents(1).meta);
  assert.deepEqual(Object.fromEntries(part.arrays), contents(1).arrays);
  const writer = new PartWriter(folder, plan, 2, "annotate", { X: { type: "F32", shape: [4, 2] } });
  writer.append("X", Float32Array.of(0, 1, 2));
  writer.append("X", Float32Array.of(3, 4, 5, 6, 7));
  const reader = PartReader.open(writer.commit({}));
  assert.deepEqual(reader.read("X", 1, 3), Float32Array.of(2, 3, 4, 5));
  assert.deepEqual(reader.shape("X"), [4, 2]);
  reader.close();
});

test("safetensors for Python reads a part by name", (t) => {
  const path = writePart(temporaryFolder(t), plan, 0, contents(0));
  // The format's own words: 8 bytes of length, that many of JSON, then the arrays at their offsets.
  const script = `
import json, struct, sys, array
data = open(sys.argv[1], "rb").read()
(length,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8:8 + length])
start, end = header["values"]["data_offsets"]
values = struct.unpack("<3d", data[8 + length + start:8 + length + end])
start, end = header["codes"]["data_offsets"]
print(header["__metadata__"]["rows"], values[0], header["values"]["shape"], struct.unpack("<3b", data[8 + length + start:8 + length + end]))`;
  assert.equal(
    execFileSync("python3", ["-c", script, path], { encoding: "utf8" }).trim(),
    "0 3 3.141592653589793 [3] (-1, 0, 2)",
  );
});

test("each part that is missing, damaged, foreign or doubled is named", (t) => {
  const folder = temporaryFolder(t);
  for (const shard of [0, 1, 2]) writePart(folder, plan, shard, contents(shard));
  const states = () => partStates(folder, plan, "annotate").map(({ state }) => state);
  assert.deepEqual(states(), ["done", "done", "done"]);
  assert.equal(requireParts(folder, plan, "annotate").length, 3);
  const [first, second, third] = [0, 1, 2].map((shard) => join(folder, partName(shard, "annotate")));
  // One bit of an array.
  const bytes = readFileSync(first);
  bytes[bytes.length - 40] ^= 1;
  writeFileSync(first, bytes);
  const other = withId({ ...plan, version: "2" });
  rmSync(second);
  writePart(folder, other, 1, contents(1));
  rmSync(third);
  assert.deepEqual(states(), ["damaged", "foreign", "missing"]);
  assert.throws(
    () => requireParts(folder, plan, "annotate"),
    /does not hold all 3 parts of the plan: .*part\.00000\.annotate\.safetensors is damaged: it is not as it was written: remove it and run that shard again; .*part\.00001\.annotate\.safetensors is a part of another plan; .*part\.00002\.annotate\.safetensors is missing$/,
  );
  assert.throws(
    () => readPart(second, plan),
    /part\.00001.* is a part of another plan: each plan has a folder/,
  );
  writePart(folder, plan, 2, contents(2));
  copyFileSync(third, join(folder, "part.00002 (copy).safetensors"));
  assert.match(
    partStates(folder, plan, "annotate")[2].fault!,
    /part\.00002\.annotate\.safetensors and part\.00002 \(copy\)\.safetensors are both part 2: remove one/,
  );
  rmSync(join(folder, "part.00002 (copy).safetensors"));
  truncateSync(third, statSync(third).size - 1);
  assert.match(
    partStates(folder, plan, "annotate", { verify: false })[2].fault!,
    /is damaged: it is cut short/,
  );
  writeFileSync(third, "no part");
  assert.match(partStates(folder, plan, "annotate")[2].fault!, /part\.00002.* is damaged/);
  // The name of one, the content of another.
  writePart(folder, plan, 2, contents(2));
  renameSync(third, second);
  assert.deepEqual(states(), ["damaged", "foreign", "foreign"]);
  assert.throws(
    () => partStates(second, plan, "annotate"),
    /00001.* is a file; expected the folder for the parts/,
  );
  // Each has the other's name: none is there twice.
  writePart(folder, plan, 1, contents(1));
  writePart(folder, plan, 2, contents(2));
  for (const [from, to] of [
    [second, `${second}.aside`],
    [third, second],
    [`${second}.aside`, third],
  ])
    renameSync(from, to);
  assert.deepEqual(states(), ["damaged", "foreign", "foreign"]);
  assert.match(
    partStates(folder, plan, "annotate")[1].fault!,
    /part\.00002\S+ holds part 1, whose name is part\.00001\S+: rename it, in place of what has that name now/,
  );
  // A part of another kind may lie beside it.
  writePart(folder, plan, 2, { ...contents(2), kind: "statistics" });
  assert.equal(partStates(folder, plan, "statistics")[2].state, "done");
});

test("what a part says of its rows and of whom it is of is under its seal", (t) => {
  const folder = temporaryFolder(t);
  const path = writePart(folder, plan, 0, contents(0));
  const bytes = readFileSync(path);
  const at = bytes.indexOf('"share":0.1');
  assert.ok(at > 0);
  bytes.write("9", at + '"share":'.length);
  writeFileSync(path, bytes);
  assert.throws(() => readPart(path, plan), /is damaged: it is not as it was written/);
});

test("on a full disk a part is not there, and says so; one that was there stays", {
  skip: process.getuid?.() !== 0 || process.platform !== "linux" ? "needs root to mount a small disk" : false,
}, (t) => {
  const disk = mkdtempSync(join(tmpdir(), "cellkernel-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", disk]);
  t.after(() => {
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  });
  const path = writePart(disk, plan, 0, contents(0));
  const before = createHash("sha256").update(readFileSync(path)).digest("hex");
  const large = { ...contents(0), arrays: { values: new Float64Array(2 ** 18) } };
  for (const shard of [0, 1])
    assert.throws(
      () => writePart(disk, plan, shard, large),
      new RegExp(
        `part\\.0000${shard}.* could not be written: there is no space left on the disk\\. ${shard === 0 ? "The file that was there is untouched" : "No file was left behind"}`,
      ),
    );
  assert.deepEqual(readdirSync(disk), ["part.00000.annotate.safetensors"]);
  assert.equal(createHash("sha256").update(readFileSync(path)).digest("hex"), before);
});

test("two writers of one part both finish, and one whole part stands", (t) => {
  const folder = temporaryFolder(t);
  const arrays = { X: { type: "F32", shape: [4] } } as const;
  const open = () => new PartWriter(folder, plan, 0, "annotate", { X: { ...arrays.X, shape: [4] } });
  const [one, two] = [open(), open()];
  one.append("X", Float32Array.of(1, 2));
  two.append("X", Float32Array.of(1, 2, 3, 4));
  two.commit({ by: "two" });
  one.append("X", Float32Array.of(3, 4));
  one.commit({ by: "one" });
  const part = readPart(join(folder, partName(0, "annotate")), plan);
  assert.deepEqual(part.arrays.get("X"), Float32Array.of(1, 2, 3, 4));
  assert.deepEqual(readdirSync(folder).length, 1);
});

test("data are known again where they are copied to, and not where they were changed", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "cells.h5ad");
  const bytes = Buffer.alloc(18_000_000, 7);
  writeFileSync(path, bytes);
  const files = [{ path, label: "cells", cells: 3, fingerprint: fingerprintOf(path) }];
  requireSameFiles(files);
  utimesSync(path, new Date(0), new Date(0));
  requireSameFiles(files);
  copyFileSync(path, join(folder, "copy.h5ad"));
  assert.deepEqual(fingerprintOf(join(folder, "copy.h5ad")), files[0].fingerprint);
  for (const at of [0, bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed[at] ^= 1;
    writeFileSync(path, changed);
    assert.throws(
      () => requireSameFiles(files),
      /cells\.h5ad is another file than when the plan was made \(18000000 bytes then, 18000000 now, with another content\): make the plan again/,
    );
  }
  truncateSync(path, 17_999_999);
  assert.throws(() => requireSameFiles(files), /\(18000000 bytes then, 17999999 now\)/);
  const store = join(folder, "cells.zarr");
  mkdirSync(join(store, "X"), { recursive: true });
  writeFileSync(join(store, ".zgroup"), "{}");
  for (let chunk = 0; chunk < 400; chunk++) writeFileSync(join(store, "X", String(chunk)), String(chunk));
  const print = fingerprintOf(store);
  cpSync(store, join(folder, "copy.zarr"), { recursive: true });
  assert.deepEqual(fingerprintOf(join(folder, "copy.zarr")), print);
  writeFileSync(join(store, ".zgroup"), "[]");
  assert.notDeepEqual(fingerprintOf(store), print);
  writeFileSync(join(store, ".zgroup"), "{}");
  assert.deepEqual(fingerprintOf(store), print);
  rmSync(join(store, "X", "399"));
  assert.notDeepEqual(fingerprintOf(store), print);
});

test("data that a folder only links to are known by their content", (t) => {
  const [folder, apart] = [temporaryFolder(t), temporaryFolder(t)];
  const real = join(apart, "matrix.mtx");
  for (const name of ["sample", "linked"]) mkdirSync(join(folder, name, "inner"), { recursive: true });
  for (const path of [real, join(folder, "sample/inner/matrix.mtx")]) writeFileSync(path, "1 1 5");
  symlinkSync(real, join(folder, "linked/inner/matrix.mtx"));
  const print = fingerprintOf(join(folder, "linked"));
  assert.deepEqual(print, fingerprintOf(`${join(folder, "sample")}/`));
  symlinkSync(join(folder, "linked"), join(folder, "linked/inner/circle"));
  symlinkSync(join(folder, "nowhere"), join(folder, "linked/broken"));
  assert.deepEqual(fingerprintOf(join(folder, "linked")), print);
  writeFileSync(real, "1 1 6");
  assert.notDeepEqual(fingerprintOf(join(folder, "linked")), print);
  rmSync(join(folder, "linked/inner"), { recursive: true });
  symlinkSync(apart, join(folder, "linked/inner"));
  writeFileSync(real, "1 1 5");
  assert.deepEqual(fingerprintOf(join(folder, "linked")), print);
});

test("what else lies in a folder of a matrix is not its content", (t) => {
  const folder = temporaryFolder(t);
  for (const name of ["s1_matrix.mtx.gz", "s1_barcodes.tsv.gz", "s1_features.tsv.gz"])
    writeFileSync(join(folder, name), name);
  const print = fingerprintOf(folder);
  writeFileSync(join(folder, "plan.json"), "{}");
  mkdirSync(join(folder, "parts"));
  writeFileSync(join(folder, "parts/part.00000.annotate.safetensors"), "");
  assert.deepEqual(fingerprintOf(folder), print);
  writeFileSync(join(folder, "s1_barcodes.tsv.gz"), "other");
  assert.notDeepEqual(fingerprintOf(folder), print);
});
