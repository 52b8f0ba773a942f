import { CellkernelError } from "../support/error.js";
import { ELEMENT_BYTES, type ElementType, toFloat32 } from "./elements.js";
import { PickleGlobal, type PickleValue } from "./pickle.js";
import type { Weight } from "./weights.js";

/** A run of elements that tensors look into; read when its first tensor is. */
export class Storage {
  constructor(
    readonly key: string,
    readonly type: ElementType,
    /** Elements. */
    readonly length: number,
  ) {}
}

/** A tensor as the pickle describes it: element (i, j, …) stands at offset + i·strides[0] + j·strides[1] + … */
export class TensorReference {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: number[],
    readonly strides: number[],
  ) {}
}

/** PyTorch's own limit. */
const MOST_DIMENSIONS = 64;

const STORAGE_TYPES: ReadonlyMap<string, ElementType> = new Map([
  ["torch.DoubleStorage", "float64"],
  ["torch.FloatStorage", "float32"],
  ["torch.HalfStorage", "float16"],
  ["torch.BFloat16Storage", "bfloat16"],
  ["torch.LongStorage", "int64"],
  ["torch.IntStorage", "int32"],
  ["torch.ShortStorage", "int16"],
  ["torch.CharStorage", "int8"],
  ["torch.ByteStorage", "uint8"],
  ["torch.BoolStorage", "bool"],
]);

/** What PyTorch's persistent id `("storage", type, key, location, elements, …)` stands for. */
export function storageOf(id: PickleValue): Storage {
  if (!Array.isArray(id) || id[0] !== "storage" || !(id[1] instanceof PickleGlobal))
    throw new CellkernelError("format", "it refers to something that is not a tensor's storage");
  const type = STORAGE_TYPES.get(id[1].name);
  if (!type)
    throw new CellkernelError("format", `it holds elements of type ${id[1].name}, which is not supported`);
  if (id[5])
    throw new CellkernelError(
      "format",
      "it holds a view of a storage in the form of PyTorch 0.1, which is not supported",
    );
  if (typeof id[2] !== "string")
    throw new CellkernelError("format", "the name of a storage in it is no text");
  return new Storage(id[2], type, count(id[4]));
}

/** What the few names that a state dict may call stand for; every other name is refused, and none is run. */
export function rebuild(name: string, args: PickleValue[]): PickleValue {
  switch (name) {
    case "collections.OrderedDict":
      return new Map(args[0] === undefined ? [] : pairs(args[0]));
    case "torch._utils._rebuild_tensor":
    case "torch._utils._rebuild_tensor_v2": {
      const [storage, offset, shape, strides] = args;
      if (
        !(storage instanceof Storage) ||
        !Array.isArray(shape) ||
        !Array.isArray(strides) ||
        shape.length !== strides.length ||
        shape.length > MOST_DIMENSIONS
      )
        throw new CellkernelError("format", "a tensor's shape in it is broken");
      return new TensorReference(storage, count(offset), shape.map(count), strides.map(count));
    }
    case "torch._utils._rebuild_parameter":
      return args[0];
    case "torch.Size":
    case "builtins.set":
      return args[0];
    // A number of NumPy's beside the weights, such as the best loss: kept out, for no tensor needs it.
    case "numpy.core.multiarray.scalar":
    case "numpy._core.multiarray.scalar":
    case "numpy.dtype":
    case "_codecs.encode":
      return null;
    default:
      throw new CellkernelError(
        "format",
        `it asks Python to run ${name}, which is refused: only tensors are read. ` +
          "Save the state dict alone (in Python: torch.save(model.state_dict(), path))",
      );
  }
}

function pairs(value: PickleValue): [PickleValue, PickleValue][] {
  if (Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2))
    return value as [PickleValue, PickleValue][];
  throw new CellkernelError("format", "a dict in it is broken");
}

/**
 * Elements that a tensor has. @throws where it looks beyond its storage.
 */
export function sizeOf({ storage, shape, strides, offset }: TensorReference): number {
  const size = shape.reduce((product, n) => product * n, 1);
  const last = shape.reduce((sum, n, axis) => sum + (n - 1) * strides[axis], offset);
  if (size > 0 && last >= storage.length)
    throw new CellkernelError("format", `it looks at element ${last} of a storage of ${storage.length}`);
  if (size > 2 ** 31) throw new CellkernelError("format", `its shape [${shape}] is too large`);
  return size;
}

/** The elements of a storage, as many as are whole. */
export function storageValues(type: ElementType, bytes: Uint8Array): Float32Array {
  const rest = bytes.byteLength % ELEMENT_BYTES[type];
  return toFloat32(type, bytes.subarray(0, bytes.byteLength - rest));
}

/**
 * The tensor's elements in row-major order, from the elements of its whole storage.
 * @param alone no other tensor looks into the storage: where the tensor is all of it, it becomes the tensor
 */
export function materialise(tensor: TensorReference, values: Float32Array, alone: boolean): Weight {
  const { storage, shape, strides, offset } = tensor;
  if (values.length < storage.length)
    throw new CellkernelError("format", `its storage should have ${storage.length} elements and has fewer`);
  const size = sizeOf(tensor);
  if (isContiguous(shape, strides)) {
    const whole = alone && offset === 0 && size === values.length;
    return { shape, data: whole ? values : values.slice(offset, offset + size) };
  }
  const data = new Float32Array(size);
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0, from = offset; i < size; i++) {
    data[i] = values[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return { shape, data };
}

function isContiguous(shape: number[], strides: number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

function count(value: PickleValue): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new CellkernelError("format", "a number in it that should count elements does not");
}
