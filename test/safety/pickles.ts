import { zipParts } from "../../src/checkpoint/zip.js";

// The parts of hostile pickles, opcode by opcode (CPython, Lib/pickletools.py), as Python's own writer would never
// put them together.

const op = (text: string) => Buffer.from(text, "latin1");
export const join = (...parts: (Buffer | string)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? op(part) : part)));

export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return join("X", length, bytes);
}

export function integer(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return join("\x8a\x08", bytes);
}

export const tuple = (...items: Buffer[]) => join("(", ...items, "t");
export const global = (module: string, name: string) => op(`c${module}\n${name}\n`);

/** A tensor of float32 over the storage `key` of `elements`. */
export function tensor(about: {
  shape: number[];
  strides: number[];
  elements?: number;
  offset?: number;
  key?: Buffer;
}): Buffer {
  const { shape, strides, elements = 16, offset = 0, key = text("0") } = about;
  const storage = join(
    tuple(text("storage"), global("torch", "FloatStorage"), key, text("cpu"), integer(elements)),
    "Q",
  );
  return join(
    global("torch._utils", "_rebuild_tensor_v2"),
    tuple(
      storage,
      integer(offset),
      tuple(...shape.map(integer)),
      tuple(...strides.map(integer)),
      op("\x89"),
      join(global("collections", "OrderedDict"), ")R"),
    ),
    "R",
  );
}

/** A dict of the entries, by name. */
export function dict(...entries: [name: Buffer | string, value: Buffer][]): Buffer {
  const items = entries.map(([name, value]) => join(typeof name === "string" ? text(name) : name, value));
  return join("\x80\x02}(", ...items, "u.");
}

/** A list that holds itself twice, thirty times over: a kilobyte that written out takes 2³⁰ words. */
export function laughter(): Buffer {
  return join("]", text("lol"), "a", "2\x86".repeat(30));
}

export const SIXTEEN = new Uint8Array(Float32Array.from({ length: 16 }, (_, i) => i).buffer);

/** A PyTorch file with this pickle and these storages. */
export function checkpoint(pickle: Buffer, storages: Record<string, Uint8Array> = { 0: SIXTEEN }): Buffer {
  const data = Object.entries(storages).map(([key, bytes]): [string, Uint8Array] => [
    `archive/data/${key}`,
    bytes,
  ]);
  return Buffer.concat([...zipParts([["archive/data.pkl", pickle], ...data])]);
}

/** A .safetensors file with this header and 64 bytes of tensors. */
export function safetensors(header: object | string, data = new Uint8Array(64)): Buffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header), "latin1");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}
