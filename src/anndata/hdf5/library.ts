import { ready } from "h5wasm/node";
import { CellkernelError } from "../../support/error.js";
import { grant, guardFiles } from "./guard.js";

/** The HDF5 library as h5wasm exposes it: the C calls, with `bigint` file handles. */
export type H5Library = Awaited<typeof ready>;

let loading: Promise<H5Library> | undefined;
let diagnostics = "";

/** Loads the HDF5 library; the first call does the work. */
export function loadLibrary(): Promise<H5Library> {
  loading ??= ready.then((library) => {
    captureDiagnostics(library);
    guardFiles(library);
    return library;
  });
  return loading;
}

/**
 * Runs one piece of work with the library and throws what HDF5 had to complain about.
 *
 * h5wasm ignores most of the C library's status codes, but HDF5 prints an error stack to the C
 * `stderr` whenever a call fails, and that stream ends here. `what` opens the message.
 */
export function checked<T>(what: string, work: () => T): T {
  diagnostics = "";
  let result: T;
  try {
    result = work();
  } catch (error) {
    throw new CellkernelError(
      "format",
      `${what}: ${rootCause() ?? (error as Error).message}`,
      { member: what },
      { cause: error },
    );
  }
  const cause = rootCause();
  if (cause !== undefined) throw new CellkernelError("format", `${what}: ${cause}`, { member: what });
  return result;
}

/** The innermost entry of HDF5's error stack, without its C file and line. */
function rootCause(): string | undefined {
  if (diagnostics === "") return undefined;
  const entries = [...diagnostics.matchAll(/#\d+: .*? in (\w+)\(\): ([\s\S]*?)\n +major:/g)];
  diagnostics = "";
  const innermost = entries.at(-1);
  if (!innermost) return "HDF5 reported an error";
  const [, place, text] = innermost;
  // A failed system call: "file write failed: time = …, error message = 'No space left on device', …".
  const system = /^([^:]+): .*error message = '([^']+)'/s.exec(text);
  return `${system ? `${system[1]}: ${system[2]}` : text} (HDF5, ${place})`;
}

/** The two exported allocation functions that h5wasm's types leave out. */
interface Allocator {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
}

/** Memory inside the library; fails with a clear error instead of a null pointer. */
export function allocate(library: H5Library, bytes: number): number {
  grant(bytes);
  const pointer = (library as unknown as Allocator)._malloc(Math.max(8, bytes));
  if (pointer === 0) throw new Error(`the HDF5 library has no memory for ${bytes} bytes`);
  return pointer;
}

export function release(library: H5Library, pointer: number): void {
  (library as unknown as Allocator)._free(pointer);
}

/** Emscripten's stream of the C `stderr`; the fields that a stream with own operations needs. */
interface CStream {
  node: { mode: number };
  stream_ops: { write(stream: unknown, bytes: Uint8Array, offset: number, length: number): number };
}

function captureDiagnostics(library: H5Library): void {
  const stderr = (library.FS as unknown as { getStream(descriptor: 2): CStream }).getStream(2);
  stderr.node = { mode: 0 };
  stderr.stream_ops = {
    write(_stream, bytes, offset, length) {
      diagnostics += Buffer.from(bytes.buffer, bytes.byteOffset + offset, length).toString("utf8");
      return length;
    },
  };
}
