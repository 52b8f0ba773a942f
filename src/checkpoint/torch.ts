import { CellkernelError } from "../support/error.js";
import { ELEMENT_BYTES } from "./elements.js";
import { type RandomAccessFile, withFile } from "./file.js";
import { type PickleValue, unpickle } from "./pickle.js";
import { materialise, rebuild, type Storage, storageOf, TensorReference } from "./torchStorage.js";
import type { Weight, Weights } from "./weights.js";
import { ZipFile } from "./zip.js";

const ZIP_MAGIC = 0x04034b50;
/** The first pickle of a file in the form that PyTorch wrote before 1.6. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

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

type Use<T> = (tensors: Map<string, TensorReference>, read: (storage: Storage) => Uint8Array) => T;

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
      throw message.startsWith(path) ? error : new CellkernelError("format", `${path}: ${message}`, { path });
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
    Buffer.from(zip.read(`${prefix}byteorder`)).toString() !== "little"
  )
    throw new CellkernelError("format", "was written on a big-endian machine, which is not supported");
  const { value } = unpickle(zip.read(pickleName), 0, storageOf, rebuild);
  return use(stateDict(value), (storage) => zip.read(`${prefix}data/${storage.key}`));
}

function readLegacy<T>(file: RandomAccessFile, use: Use<T>): T {
  const bytes = file.read(0, file.size);
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
  const storages = new Map<string, Uint8Array>();
  for (const key of next() as PickleValue[]) {
    const type = types.get(String(key));
    if (!type)
      throw new CellkernelError(
        "format",
        "holds tensors outside the state dict in the form before PyTorch 1.6; save the state dict alone",
      );
    if (at + 8 > bytes.length) throw new CellkernelError("format", "is damaged or cut short");
    const length = Number(new DataView(bytes.buffer).getBigInt64(at, true)) * ELEMENT_BYTES[type];
    if (length < 0 || at + 8 + length > bytes.length)
      throw new CellkernelError("format", "is damaged or cut short");
    storages.set(String(key), bytes.slice(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return use(tensors, (storage) => {
    const found = storages.get(storage.key);
    if (!found) throw new CellkernelError("format", "its storage is not in the file");
    return found;
  });
}

/** Reads each storage once for the tensors that follow each other in it. */
function load(tensors: Map<string, TensorReference>, read: (storage: Storage) => Uint8Array): Weights {
  const weights: Weights = new Map();
  let held: { key: string; bytes: Uint8Array } | undefined;
  for (const [name, tensor] of tensors) {
    if (held?.key !== tensor.storage.key) held = { key: tensor.storage.key, bytes: read(tensor.storage) };
    weights.set(
      name,
      named(name, () => materialise(tensor, held!.bytes)),
    );
  }
  return weights;
}

function named(name: string, make: () => Weight): Weight {
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
  const dicts = [["", root], ...root].flatMap(([name, value]) => {
    const tensors = value instanceof Map ? tensorsOf(value) : new Map<string, TensorReference>();
    return tensors.size > 0 ? [{ name: String(name), tensors }] : [];
  });
  const largest = dicts.reduce((a, b) => (b.tensors.size > a.tensors.size ? b : a), dicts[0]);
  const best = dicts.find(({ name }) => STATE_DICT.test(name)) ?? largest;
  if (!best)
    throw new CellkernelError(
      "format",
      `holds no tensors; its entries are ${[...root.keys()].slice(0, 8).join(", ") || "none"}`,
    );
  return best.tensors;
}

function tensorsOf(dict: Map<PickleValue, PickleValue>): Map<string, TensorReference> {
  const tensors = new Map<string, TensorReference>();
  for (const [name, value] of dict)
    if (typeof name === "string" && value instanceof TensorReference) tensors.set(name, value);
  return tensors;
}
