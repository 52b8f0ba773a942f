import assert from "node:assert/strict";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { after, test } from "node:test";
import { Victim } from "../support/attack.js";
import {
  checkpoint,
  dict,
  global,
  integer,
  join,
  laughter,
  SIXTEEN,
  safetensors,
  tensor,
  text,
  tuple,
} from "./pickles.js";

const folder = mkdtempSync(joinPath(tmpdir(), "hostile-"));
const victim = new Victim();
after(async () => {
  await victim.close();
  rmSync(folder, { recursive: true });
});

const plain = tensor({ shape: [4, 4], strides: [4, 1] });
const view = { dtype: "F32", shape: [4, 4], data_offsets: [0, 64] };
const length4 = (n: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(n);
  return bytes;
};

/** A zip file of which the table of contents says that both entries are all of the file. */
function overlapping(): Buffer {
  const file = checkpoint(dict(["w", plain]), { 0: SIXTEEN, 1: SIXTEEN });
  const entry = Buffer.from("PK\x01\x02", "latin1");
  for (let at = file.indexOf(entry); at >= 0; at = file.indexOf(entry, at + 46)) {
    file.writeUInt32LE(file.length - 200, at + 20);
    file.writeUInt32LE(file.length - 200, at + 24);
  }
  return file;
}

/** A list of 2¹⁵ pairs, kept once, of which a dict is made 2¹³ times. */
function sharedPairs(): Buffer {
  const list = join("](", "N\x86".repeat(2 ** 14).replaceAll("N", "NN"), "eq\x00");
  const once = join(global("collections", "OrderedDict"), "h\x00\x85R0");
  return join("\x80\x02", list, "0", ...Array.from({ length: 2 ** 13 }, () => once), "}.");
}

const nested = join("]", "\x85".repeat(100_000));
const attacks: [name: string, file: Buffer, expected: RegExp][] = [
  ["names.pt", checkpoint(join("\x80\x04}(", text("w"), laughter(), text("x"), "\x93u.")), /broken/],
  [
    "key.pt",
    checkpoint(dict(["w", tensor({ shape: [4], strides: [1], key: laughter() })])),
    /name of a storage/,
  ],
  ["root.pt", checkpoint(dict([laughter(), text("x")])), /holds no tensors; its entries are none/],
  ["deep.pt", checkpoint(dict([nested, text("x")])), /holds no tensors; its entries are none/],
  [
    "number.pt",
    checkpoint(dict(["w", join("\x8b", length4(2 ** 18), "\x7f".repeat(2 ** 18))])),
    /whole number of 262144 bytes/,
  ],
  ["marks.pt", checkpoint(dict(["w", join("(".repeat(2 ** 20), "t")])), /more than 1048576 steps/],
  ["lists.pt", checkpoint(dict(["w", join("(", "]".repeat(2 ** 20), "t")])), /more than 1048576 steps/],
  ["pairs.pt", checkpoint(sharedPairs()), /more than 1048576 steps/],
  [
    "dimensions.pt",
    checkpoint(dict(["w", tensor({ shape: new Array(65).fill(1), strides: new Array(65).fill(1) })])),
    /shape in it is broken/,
  ],
  [
    "stride0.pt",
    checkpoint(dict(["w", tensor({ shape: [2 ** 30], strides: [0] })])),
    /tensors claim 4294967296 bytes, far more than the \d+ of the file/,
  ],
  [
    "alias.pt",
    checkpoint(
      dict(
        ...Array.from({ length: 200 }, (_, i): [string, Buffer] => [
          `w${i}`,
          tensor({ shape: [2 ** 18], strides: [1], elements: 2 ** 18 }),
        ]),
      ),
      { 0: new Uint8Array(2 ** 20) },
    ),
    /tensors claim 209715200 bytes/,
  ],
  ["text.pt", checkpoint(dict([join("X", length4(2), "\xff\xfe"), plain])), /not valid UTF-8/],
  ["overlap.pt", overlapping(), /its entries overlap/],
  [
    "twice.pt",
    Buffer.from(
      checkpoint(dict(["w", plain]), { 0: SIXTEEN, 1: SIXTEEN })
        .toString("latin1")
        .replaceAll("data/1", "data/0"),
      "latin1",
    ),
    /two entries archive\/data\/0/,
  ],
  ["negative.safetensors", safetensors({ w: { ...view, shape: [-4, -4] } }), /no shape or no place/],
  ["fraction.safetensors", safetensors({ w: { ...view, shape: [0.5, 32] } }), /no shape or no place/],
  [
    "before.safetensors",
    safetensors({ w: { dtype: "F32", shape: [2], data_offsets: [-8, 0] } }),
    /no shape or no place/,
  ],
  [
    "hole.safetensors",
    safetensors({ w: { dtype: "F32", shape: [4], data_offsets: [48, 64] } }),
    /begins at byte 48, expected 0/,
  ],
  [
    "rest.safetensors",
    safetensors({ w: { dtype: "F32", shape: [4], data_offsets: [0, 16] } }),
    /its tensors end at byte \d+ of \d+/,
  ],
  [
    "overlap.safetensors",
    safetensors({ a: view, b: { dtype: "F32", shape: [4], data_offsets: [16, 32] } }),
    /begins at byte 16, expected 64/,
  ],
  [
    "twice.safetensors",
    safetensors(`{"w":${JSON.stringify(view)},"w":${JSON.stringify({ ...view, dtype: "I32" })}}`),
    /names a tensor twice/,
  ],
  ["utf8.safetensors", safetensors(`{"\xff\xfe":${JSON.stringify(view)}}`), /not valid UTF-8/],
  ["type.safetensors", safetensors({ w: { ...view, dtype: "constructor" } }), /type constructor, which is/],
  ["null.safetensors", safetensors({ w: null }), /tensor w has no type/],
  ["list.safetensors", safetensors([]), /no JSON object/],
  ["long.safetensors", safetensors(" ".repeat(2 ** 22 + 1)), /its header of 4194305 bytes is too long/],
];

test("small hostile checkpoints are refused within 3 s and 500 MB", async (t) => {
  // The time that the first one takes to load the readers is not its own.
  writeFileSync(joinPath(folder, "good.pt"), checkpoint(dict(["w", plain])));
  const good = await victim.read("checkpoint", joinPath(folder, "good.pt"), 30);
  assert.deepEqual(Object.keys(good.value as object), ["w"]);
  for (const [name, file, expected] of attacks)
    await t.test(name, async () => {
      writeFileSync(joinPath(folder, name), file);
      const { error, ended, ms, megabytes } = await victim.read("checkpoint", joinPath(folder, name));
      assert.equal(ended, undefined);
      assert.deepEqual([error?.name, error?.code], ["CellkernelError", "format"]);
      assert.match(error!.message, expected);
      assert.ok(error!.message.includes(name), error!.message);
      assert.ok(ms < 3000 && megabytes < 500, `${ms} ms, ${megabytes} MB`);
    });
});

test("a file that claims 20 GB on the disk is not taken into memory", async () => {
  const path = joinPath(folder, "sparse.pt");
  // The magic number of the form before PyTorch 1.6 and what follows it, in a file without end.
  const magic = Buffer.from("6cfc9c46f9206aa85019", "hex");
  writeFileSync(path, join("\x80\x02\x8a\x0a", magic, "."));
  truncateSync(path, 20 * 2 ** 30);
  const { error, megabytes } = await victim.read("checkpoint", path);
  rmSync(path);
  assert.equal(error?.code, "format");
  assert.ok(megabytes < 500, `${megabytes} MB`);
});

test("tensors that share a storage, and one that repeats an element, are read", async () => {
  const pickle = dict(
    ["a", plain],
    ["other", tensor({ shape: [16], strides: [1], key: text("1") })],
    ["tied", plain],
    ["repeated", tensor({ shape: [1000], strides: [0], offset: 3 })],
    ["empty", tuple(integer(1))],
  );
  const path = joinPath(folder, "shared.pt");
  writeFileSync(path, checkpoint(pickle, { 0: SIXTEEN, 1: SIXTEEN }));
  const digest = (await victim.read("checkpoint", path)).value as Record<string, string>;
  assert.deepEqual(Object.keys(digest), ["a", "other", "tied", "repeated"]);
  assert.equal(digest.a, digest.tied);
  assert.equal(digest.other.split(" ").at(-1), digest.a.split(" ").at(-1));
  assert.match(digest.repeated, /^\[1000\]/);
});
