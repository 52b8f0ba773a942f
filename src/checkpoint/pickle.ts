import { isUtf8 } from "node:buffer";
import { CellkernelError } from "../support/error.js";
// Python's pickle, as PyTorch writes it. Source of the opcodes: CPython, Lib/pickletools.py.

/** A name that a pickle asks Python to import. Here it only stands for itself: nothing is ever run. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** What lies outside the pickle: for PyTorch, `("storage", type, key, location, elements)`. */
export type PersistentLoad = (id: PickleValue) => PickleValue;
/** Makes the value of `global(...args)`; throws for every name that it does not know. */
export type Reduce = (global: string, args: PickleValue[]) => PickleValue;

/**
 * Steps that one pickle may take: a state dict of 10,000 tensors takes some 400,000. Each may make a container, so that
 * this also bounds the memory (some 200 bytes for an empty Map).
 */
const MOST_STEPS = 2 ** 20;
/** Bytes of a whole number: reading one of n bytes takes n² steps, and torch.save writes none of more than 10. */
const MOST_DIGITS = 255;

/** Python's dicts become Map, lists and tuples arrays, None null, whole numbers beyond 2^53 bigint. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleGlobal
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | object;

/**
 * Reads one pickle from `bytes` at `start`; returns the value and where the pickle ends.
 * Only data are made: names go to `reduce`, which decides what it knows.
 * @throws where it is cut short, broken, or asks for more than a state dict can need
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  persistentLoad: PersistentLoad,
  reduce: Reduce,
): { value: PickleValue; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  let stack: PickleValue[] = [];
  const marks: PickleValue[][] = [];
  const memo = new Map<number, PickleValue>();
  let steps = 0;
  const spend = (cost: number) => {
    steps += cost;
    if (steps > MOST_STEPS) throw broken(`takes more than ${MOST_STEPS} steps; save the state dict alone`);
  };

  const take = (length: number): Uint8Array => {
    if (length < 0 || at + length > bytes.length) throw broken("is cut short");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const skip = (length: number): number => {
    take(length);
    return at - length;
  };
  const byte = () => view.getUint8(skip(1));
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (length: number) => {
    if (!isUtf8(take(length))) throw broken("holds a text that is not valid UTF-8");
    return buffer.toString("utf8", at - length, at);
  };
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw broken("is cut short");
    const found = text(end - at);
    at++;
    return found;
  };
  const length8 = () => Number(view.getBigUint64(skip(8), true));
  const pop = (): PickleValue => {
    const value = stack.pop();
    if (value === undefined) throw broken("is broken");
    return value;
  };
  const popMark = (): PickleValue[] => {
    const items = stack;
    const below = marks.pop();
    if (!below) throw broken("is broken");
    stack = below;
    return items;
  };
  const push = (value: PickleValue) => void stack.push(value);
  const top = (): PickleValue => {
    if (stack.length === 0) throw broken("is broken");
    return stack[stack.length - 1];
  };
  const recall = (key: number) => {
    const value = memo.get(key);
    if (value === undefined) throw broken("is broken");
    push(value);
  };
  const setItems = (target: PickleValue, items: PickleValue[]) => {
    if (!(target instanceof Map)) throw broken("is broken");
    for (let i = 0; i + 1 < items.length; i += 2) target.set(items[i], items[i + 1]);
  };
  const append = (target: PickleValue, items: PickleValue[]) => {
    if (!Array.isArray(target)) throw broken("is broken");
    for (const item of items) target.push(item);
  };
  const call = () => {
    const args = pop();
    const callee = pop();
    if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) throw broken("is broken");
    // A list that is kept once may be handed over again and again: each time it is gone through.
    for (const arg of args) if (Array.isArray(arg)) spend(arg.length);
    push(reduce(callee.name, args));
  };

  for (;;) {
    spend(1);
    const opcode = byte();
    switch (opcode) {
      case 0x80: // PROTO
        byte();
        break;
      case 0x95: // FRAME
        length8();
        break;
      case 0x2e: // STOP
        return { value: pop(), end: at };
      case 0x28: // MARK
        marks.push(stack);
        stack = [];
        break;
      case 0x30: // POP
        pop();
        break;
      case 0x31: // POP_MARK
        popMark();
        break;
      case 0x32: // DUP
        push(top());
        break;
      case 0x4e: // NONE
        push(null);
        break;
      case 0x88: // NEWTRUE
        push(true);
        break;
      case 0x89: // NEWFALSE
        push(false);
        break;
      case 0x4b: // BININT1
        push(byte());
        break;
      case 0x4d: // BININT2
        push(view.getUint16(skip(2), true));
        break;
      case 0x4a: // BININT
        push(view.getInt32(skip(4), true));
        break;
      case 0x8a: // LONG1
        push(long(take(byte())));
        break;
      case 0x8b: // LONG4
        push(long(take(view.getInt32(skip(4), true))));
        break;
      case 0x47: // BINFLOAT
        push(view.getFloat64(skip(8)));
        break;
      case 0x58: // BINUNICODE
        push(text(view.getUint32(skip(4), true)));
        break;
      case 0x8c: // SHORT_BINUNICODE
        push(text(byte()));
        break;
      case 0x8d: // BINUNICODE8
        push(text(length8()));
        break;
      case 0x55: // SHORT_BINSTRING
        push(text(byte()));
        break;
      case 0x54: // BINSTRING
        push(text(view.getInt32(skip(4), true)));
        break;
      case 0x43: // SHORT_BINBYTES
        push(take(byte()).slice());
        break;
      case 0x42: // BINBYTES
        push(take(view.getUint32(skip(4), true)).slice());
        break;
      case 0x7d: // EMPTY_DICT
        push(new Map());
        break;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
      case 0x8f: // EMPTY_SET
        push([]);
        break;
      case 0x74: // TUPLE
      case 0x6c: // LIST
        push(popMark());
        break;
      case 0x85: // TUPLE1
        push([pop()]);
        break;
      case 0x86: // TUPLE2
        push([pop(), pop()].reverse());
        break;
      case 0x87: // TUPLE3
        push([pop(), pop(), pop()].reverse());
        break;
      case 0x61: // APPEND
        append(stack[stack.length - 2], [pop()]);
        break;
      case 0x65: // APPENDS
      case 0x90: {
        // ADDITEMS
        const items = popMark();
        append(top(), items);
        break;
      }
      case 0x73: {
        // SETITEM
        const pair = [pop(), pop()].reverse();
        setItems(top(), pair);
        break;
      }
      case 0x75: {
        // SETITEMS
        const items = popMark();
        setItems(top(), items);
        break;
      }
      case 0x71: // BINPUT
        memo.set(byte(), top());
        break;
      case 0x72: // LONG_BINPUT
        memo.set(view.getUint32(skip(4), true), top());
        break;
      case 0x94: // MEMOIZE
        memo.set(memo.size, top());
        break;
      case 0x68: // BINGET
        recall(byte());
        break;
      case 0x6a: // LONG_BINGET
        recall(view.getUint32(skip(4), true));
        break;
      case 0x63: // GLOBAL
        push(new PickleGlobal(`${line()}.${line()}`));
        break;
      case 0x93: // STACK_GLOBAL
        push(new PickleGlobal([pop(), pop()].reverse().map(asText).join(".")));
        break;
      case 0x51: // BINPERSID
        push(persistentLoad(pop()));
        break;
      case 0x52: // REDUCE
      case 0x81: // NEWOBJ
        call();
        break;
      case 0x62: // BUILD: an object's attributes (for a state dict, `_metadata`), which no tensor needs
        pop();
        break;
      default:
        throw broken(`uses the operation 0x${opcode.toString(16)}, which no state dict needs`);
    }
  }
}

/** A little-endian two's complement number of any length. */
function long(bytes: Uint8Array): number | bigint {
  if (bytes.length > MOST_DIGITS) throw broken(`holds a whole number of ${bytes.length} bytes`);
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  if (bytes.length > 0 && bytes[bytes.length - 1] & 0x80) value -= 1n << BigInt(8 * bytes.length);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** A nested list is no name: to write one out can take for ever, because it may hold itself many times over. */
function asText(value: PickleValue): string {
  if (typeof value !== "string") throw broken("is broken");
  return value;
}

function broken(what: string): CellkernelError {
  return new CellkernelError("format", `its list of contents (pickle) ${what}`);
}
