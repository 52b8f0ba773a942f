import { writeFileAtomically } from "../support/atomic.js";
import type { Weights } from "./weights.js";
import { zipParts } from "./zip.js";

/**
 * Writes a state dict in PyTorch's zip format, float32; `torch.load(path, weights_only=True)` opens it.
 * Equal weights give equal bytes.
 */
export function writeTorch(path: string, weights: Weights): void {
  writeFileAtomically(path, zipParts(entries(weights)));
}

function* entries(weights: Weights): Generator<[string, Uint8Array]> {
  yield ["archive/data.pkl", pickleStateDict(weights)];
  yield ["archive/byteorder", Buffer.from("little")];
  let key = 0;
  for (const { data } of weights.values())
    yield [`archive/data/${key++}`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
  yield ["archive/version", Buffer.from("3\n")];
}

/** `{name: torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())}` in protocol 2. */
function pickleStateDict(weights: Weights): Buffer {
  const parts: Buffer[] = [];
  const op = (...bytes: number[]) => parts.push(Buffer.from(bytes));
  const text = (value: string) => {
    const bytes = Buffer.from(value);
    const head = Buffer.alloc(5);
    head[0] = 0x58; // BINUNICODE
    head.writeUInt32LE(bytes.length, 1);
    parts.push(head, bytes);
  };
  const integer = (value: number) => {
    const bytes = Buffer.alloc(10);
    bytes.set([0x8a, 8]); // LONG1 of 8 bytes
    bytes.writeBigInt64LE(BigInt(value), 2);
    parts.push(bytes);
  };
  const global = (module: string, name: string) => parts.push(Buffer.from(`c${module}\n${name}\n`));
  const tuple = (write: () => void) => {
    op(0x28); // MARK
    write();
    op(0x74); // TUPLE
  };

  op(0x80, 2, 0x7d); // PROTO 2, EMPTY_DICT
  let key = 0;
  for (const [name, { shape, data }] of weights) {
    text(name);
    global("torch._utils", "_rebuild_tensor_v2");
    tuple(() => {
      tuple(() => {
        text("storage");
        global("torch", "FloatStorage");
        text(String(key++));
        text("cpu");
        integer(data.length);
      });
      op(0x51); // BINPERSID
      integer(0);
      tuple(() => shape.forEach(integer));
      tuple(() => rowMajorStrides(shape).forEach(integer));
      op(0x89); // NEWFALSE: requires_grad
      global("collections", "OrderedDict");
      op(0x29, 0x52); // EMPTY_TUPLE, REDUCE
    });
    op(0x52, 0x73); // REDUCE, SETITEM
  }
  op(0x2e); // STOP
  return Buffer.concat(parts);
}

function rowMajorStrides(shape: number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, stride = 1; axis >= 0; stride *= shape[axis--]) strides[axis] = stride;
  return strides;
}
