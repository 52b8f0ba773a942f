import { CellkernelError } from "../support/error.js";
import { ELEMENT_BYTES, type ElementType } from "./elements.js";
import { type RandomAccessFile, withFile } from "./file.js";
import { type PickleValue, unpickle } from "./pickle.js";
import { materialise, rebuild, sizeOf, storageOf, storageValues, TensorReference } from "./torchStorage.js";
import type { Weight, Weights } from "./weights.js";
import { ZipFile } from "./zip.js";

const ZIP_MAGIC = 0x04034b50;
/** The first pickle of a file in the form that PyTorch wrote before 1.6. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
/** Bytes of the lists of contents (pickles): those of 10,000 tensors take some 2 MB. */
const MOST_PICKLE = 2 ** 26;
/** The tensors may come to this many times the file's bytes, because several may look at one storage, … */
const MOST_REPEATS = 4;
/** … and to this many bytes in any case, because a tensor may repeat one element. */
const LEAST_REPEATED = 2 ** 22;

/**
 * Reads the tensors that `torch.save` wrote: a state dict, alone or inside a dict (`{"model_state_dict": …}`),
 * in the zip format or the one before PyTorch 1.6. All element types become float32.
 * The pickle inside is read as data; nothing that it names is ever run.
 * Source of the formats: PyTorch, torch/serialization.py.
 * @throws when the file is missing, damaged, or holds anything but a state dict.
 */
export function readTorch(path: string): Weights {
  return openTorch(path, load);
}

/** The shapes of the tensors that `readTorch` reads, without their values. */
export function torchShapes(path: string): Map<string, { shape: number[] }> {
  return openTorch(path, (tensors) => new Map([...tensors].map(([name, { shape }]) => [name, { shape }])));
}

/** @param read gives the bytes of a storage by its key */
type Use<T> = (
  tensors: Map<string, TensorReference>,
  fileSize: number,
  read: (key: string) => Uint8Array,
) => T;

function openTorch<T>(path: string, use: Use<T>): T {
  return withFile(path, (file) => {
    const magic = file.size < 4 ? 0 : new DataView(file.read(0, 4).buffer).getUint32(0, true);
    const isPickle = (magic & 0xff) === 0x80;
    if (magic !== ZIP_MAGIC && !isPickle)
      throw new CellkernelError(
        "format",
        `${path} is not a PyTorch checkpoint: it begins neither as a zip file nor as a pickle`,
        { path },
      );
    try {
      return magic === ZIP_MAGIC ? readZip(file, use) : readLegacy(file, use);
    } catch (error) {
      const message = (error as Error).message;
      if (message.startsWith(path)) throw error;
      // What a damaged file makes the language itself complain of is not worded for its owner.
      const what = error instanceof CellkernelError ? message : `it is damaged (${message})`;
      throw new CellkernelError("format", `${path}: ${what}`, { path });
    }
  });
}

function readZip<T>(file: RandomAccessFile, use: Use<T>): T {
  const zip = ZipFile.open(file);
  const names = zip.names();
  const pickleName = names.find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickleName)
    throw new CellkernelError(
      "format",
      `is a zip file but not a PyTorch checkpoint: it holds no data.pkl (found ${names.slice(0, 5).join(", ")})`,
    );
  const prefix = pickleName.slice(0, -"data.pkl".length);
  if (
    names.includes(`${prefix}byteorder`) &&
    Buffer.from(zip.read(`${prefix}byteorder`, 64)).toString() !== "little"
  )
    throw new CellkernelError("format", "was written on a big-endian machine, which is not supported");
  const { value } = unpickle(zip.read(pickleName, MOST_PICKLE), 0, storageOf, rebuild);
  return use(stateDict(value), file.size, (key) => zip.read(`${prefix}data/${key}`));
}

function readLegacy<T>(file: RandomAccessFile, use: Use<T>): T {
  const bytes = file.read(0, Math.min(file.size, MOST_PICKLE));
  let at = 0;
  const next = () => {
    const { value, end } = unpickle(bytes, at, storageOf, rebuild);
    at = end;
    return value;
  };
  if (next() !== LEGACY_MAGIC)
    throw new CellkernelError("format", "is a pickle, but not one that torch.save wrote");
  next(); // protocol version
  const system = next();
  if (system instanceof Map && system.get("little_endian") === false)
    throw new CellkernelError("format", "was written on a big-endian machine, which is not supported");
  const tensors = stateDict(next());
  const types = new Map([...tensors.values()].map(({ storage }) => [storage.key, storage.type]));
  const storages = new Map<string, { start: number; length: number }>();
  const keys = next();
  if (!Array.isArray(keys)) throw new CellkernelError("format", "is damaged or cut short");
  for (const key of keys) {
    const type = typeof key === "string" ? types.get(key) : undefined;
    if (!type)
      throw new CellkernelError(
        "format",
        "holds tensors outside the state dict in the form before PyTorch 1.6; save the state dict alone",
      );
    const elements = new DataView(file.read(at, 8).buffer).getBigInt64(0, true);
    const length = Number(elements) * ELEMENT_BYTES[type];
    if (length < 0 || at + 8 + length > file.size)
      throw new CellkernelError("format", "is damaged or cut short");
    storages.set(key as string, { start: at + 8, length });
    at += 8 + length;
  }
  return use(tensors, file.size, (key) => {
    const found = storages.get(key);
    if (!found) throw new CellkernelError("format", "its storage is not in the file");
    return file.read(found.start, found.length);
  });
}

/** Reads each storage once for all the tensors that look into it. */
function load(
  tensors: Map<string, TensorReference>,
  fileSize: number,
  read: (key: string) => Uint8Array,
): Weights {
  let bytes = 0;
  const byStorage = new Map<string, string[]>();
  for (const [name, tensor] of tensors) {
    const { key, type } = tensor.storage;
    bytes += named(name, () => sizeOf(tensor)) * ELEMENT_BYTES[type];
    const names = byStorage.get(key);
    if (names) names.push(name);
    else byStorage.set(key, [name]);
  }
  if (bytes > Math.max(MOST_REPEATS * fileSize, LEAST_REPEATED))
    throw new CellkernelError(
      "format",
      `its tensors claim ${bytes} bytes, far more than the ${fileSize} of the file; save copies of them (tensor.contiguous())`,
    );
  const made = new Map<string, Weight>();
  for (const [key, names] of byStorage) {
    const values = new Map<ElementType, Float32Array>();
    let stored: Uint8Array | undefined;
    for (const name of names) {
      const tensor = tensors.get(name)!;
      const { type } = tensor.storage;
      named(name, () => {
        stored ??= read(key);
        if (!values.has(type)) values.set(type, storageValues(type, stored));
        made.set(name, materialise(tensor, values.get(type)!, names.length === 1));
      });
    }
  }
  return new Map([...tensors.keys()].map((name) => [name, made.get(name)!]));
}

function named<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new CellkernelError("format", `tensor ${name} cannot be read: ${(error as Error).message}`);
  }
}

/** What the state dict is called inside a dict that holds more. */
const STATE_DICT = /^(model_)?state_dict$|^model$/;

/** The dict of tensors: the one right below the root that has a state dict's name, else the one with the most. */
function stateDict(root: PickleValue): Map<string, TensorReference> {
  if (!(root instanceof Map))
    throw new CellkernelError("format", "does not hold a state dict (a dict of tensors)");
  const dicts = [["", root] as const, ...root].flatMap(([name, value]) => {
    const tensors = typeof name === "string" && value instanceof Map ? tensorsOf(value) : new Map();
    return tensors.size > 0 ? [{ name: name as string, tensors }] : [];
  });
  const largest = dicts.reduce((a, b) => (b.tensors.size > a.tensors.size ? b : a), dicts[0]);
  const best = dicts.find(({ name }) => STATE_DICT.test(name)) ?? largest;
  if (!best) {
    const entries = [...root.keys()].filter((key) => typeof key === "string").slice(0, 8);
    throw new CellkernelError("format", `holds no tensors; its entries are ${entries.join(", ") || "none"}`);
  }
  return best.tensors;
}

function tensorsOf(dict: Map<PickleValue, PickleValue>): Map<string, TensorReference> {
  const tensors = new Map<string, TensorReference>();
  for (const [name, value] of dict)
    if (typeof name === "string" && value instanceof TensorReference) tensors.set(name, value);
  return tensors;
}
