import { basename } from "node:path";
import { CellkernelError } from "../../support/error.js";
import type { H5Library } from "./library.js";

/** Bytes that the library may take beside what it is lent, whatever the file: caches, chunks, what filters reserve. */
const ALWAYS = 2 ** 27;
/** The same for each byte of the file: as many times its size may a chunk unpack to (`requireLikelyChunks`). */
const EACH_BYTE = 64;

/** What the library may do while it reads a file, and what of it was refused. */
interface Reading {
  /** Bytes that its memory may come to. */
  most: number;
  /** Bytes more than that it asked for. */
  bytes?: number;
  /** Another file that it was to open. */
  file?: string;
}

let reading: Reading | undefined;

/**
 * Runs calls of the library that read one file, which may come from anybody. They may not
 * - take much more memory than the file can fill: a text whose stored length is damaged makes HDF5 take that much before
 *   it looks whether it is there;
 * - open another file: external links, external raw data and virtual datasets can name any file of the machine.
 *
 * @param where opens the message
 * @param size bytes of the file
 */
export function guarded<T>(library: H5Library, where: string, size: number, work: () => T): T {
  const outer = reading;
  const mine: Reading = { most: library.HEAPU8.length + ALWAYS + EACH_BYTE * size };
  reading = mine;
  let result: T;
  try {
    result = work();
  } catch (error) {
    throw refusal(where, size, mine, error) ?? error;
  } finally {
    reading = outer;
  }
  const refused = refusal(where, size, mine);
  if (refused) throw refused;
  return result;
}

/** Lends the reading that goes on so many bytes more. */
export function grant(bytes: number): void {
  if (reading) reading.most += bytes;
}

function refusal(
  where: string,
  size: number,
  { file, bytes }: Reading,
  cause?: unknown,
): CellkernelError | undefined {
  const damaged = `asks for ${Math.round((bytes ?? 0) / 1e6)} MB of memory, too many for a file of ${size} bytes; it is damaged.`;
  const elsewhere =
    `is kept in another file (${basename(file ?? "")}), which is not opened: a file could so show any other of this machine. ` +
    'If you trust it, make one file of it in Python: anndata.read_h5ad("…").write_h5ad("whole.h5ad").';
  if (file === undefined && bytes === undefined) return undefined;
  const what = file === undefined ? damaged : elsewhere;
  return new CellkernelError("format", `${where}: it ${what}`, { member: where, file }, { cause });
}

/** Lets the library open no other files while it reads one, but for its own plugins. */
export function guardFiles(library: H5Library): void {
  const files = library.FS as unknown as FileSystem;
  const { open } = files;
  files.open = (path, ...how) => {
    if (reading && !library.get_plugin_search_paths().some((folder) => path.startsWith(folder))) {
      reading.file ??= path;
      throw new files.ErrnoError(NO_ACCESS);
    }
    return open.call(files, path, ...how);
  };
}

/** Emscripten's number of EACCES. */
const NO_ACCESS = 2;

interface FileSystem {
  open(path: string, ...how: unknown[]): unknown;
  ErrnoError: new (code: number) => Error;
}

interface Imports {
  env?: { emscripten_resize_heap?(bytes: number): number };
  /** Of the two modules that use Emscripten here, only the one that loads plugins has it. */
  "GOT.mem"?: object;
}

interface Instance {
  instance: { exports: { memory: { buffer: ArrayBuffer } } };
}

/**
 * Limits the growth of the library's memory. Emscripten lets nobody say how, and an error that is thrown where it grows is
 * printed; so the import by which the library asks for more is wrapped when it is instantiated, which h5wasm begins when it
 * is imported and ends after this module has run. Where a program had imported it long before, there is no limit but its
 * own 2 GB.
 */
function guardMemory(): void {
  const assembly = (globalThis as unknown as { WebAssembly: { instantiate: Instantiate } }).WebAssembly;
  const { instantiate } = assembly;
  type Instantiate = (source: unknown, imports?: Imports) => Promise<Instance>;
  assembly.instantiate = async (source, imports = {}) => {
    const grow = imports.env?.emscripten_resize_heap;
    if (!grow || !imports["GOT.mem"]) return instantiate(source, imports);
    assembly.instantiate = instantiate;
    let memory: { buffer: ArrayBuffer } | undefined;
    const limited = (wanted: number) => {
      const bytes = wanted >>> 0;
      if (!reading || bytes <= reading.most) return grow(bytes);
      reading.bytes ??= bytes - (memory?.buffer.byteLength ?? 0);
      return 0;
    };
    const env = new Proxy(imports.env!, {
      get: (target, name) => (name === "emscripten_resize_heap" ? limited : Reflect.get(target, name)),
    });
    const made = await instantiate(source, { ...imports, env });
    memory = made.instance.exports.memory;
    return made;
  };
}

guardMemory();
