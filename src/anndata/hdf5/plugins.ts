import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { allocate, type H5Library } from "./library.js";

const LZF_FILE = "libH5Zlzf.so";
/** Filters whose plugin the library has loaded: it does so when it first reads through one. */
const loaded = new Set<number>();
/** Where the plugins' `errno` stands in the library's memory. */
let errno: number | undefined;

/** The folder of h5wasm-plugins that holds the filters, as WebAssembly. */
function pluginFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve("h5wasm-plugins")), "plugins");
}

/**
 * Runs `firstRead`, which makes the library load the plugin of a filter, unless it is loaded already. Only then does the library
 * find plugins: on other occasions (a file that is no HDF5 file, a filter that nobody knows) it would load all of them as they are.
 * Two faults of h5wasm-plugins 0.2.1 with h5wasm 0.10.3 are mended on the way: see `withErrno` and
 * `withMendedLzf`.
 */
export function loadPlugin(library: H5Library, filter: number, firstRead: () => void): void {
  if (loaded.has(filter)) return;
  library.insert_plugin_search_path(pluginFolder(), 0);
  try {
    // Looking for any plugin, the library may load that of lzf.
    withMendedLzf(library, () => withErrno(library, firstRead));
  } finally {
    library.remove_plugin_search_path(0);
  }
  loaded.add(filter);
}

/**
 * The lzf and blosc2 plugins call C's `__errno_location` when something is wrong, which h5wasm does
 * not export, so that an error would end the whole library. Imports are looked up with `in`, hence
 * the short stay on the prototype.
 */
function withErrno(library: H5Library, work: () => void): void {
  errno ??= allocate(library, 4);
  const location = errno;
  Object.defineProperty(Object.prototype, "__errno_location", { value: () => location, configurable: true });
  try {
    work();
  } finally {
    Reflect.deleteProperty(Object.prototype, "__errno_location");
  }
}

/** `i32.load (local 4)`, then `local.set 1`: the size of the input, taken for that of the output. */
const GUESS = Buffer.from([0x20, 0x04, 0x28, 0x02, 0x00, 0x21, 0x01]);
/** `i32.const 2^26`, then `local.set 1`: 64 MiB, the size of a chunk of four million texts. */
const ROOM = Buffer.from([0x41, 0x80, 0x80, 0x80, 0x20, 0x21, 0x01]);

/**
 * Where a dataset does not record the size of its unpacked chunks (h5py records none for texts), the
 * lzf plugin reserves only as much as the packed chunk has and gives up. The library is shown a copy
 * that reserves 64 MiB.
 */
function withMendedLzf(library: H5Library, work: () => void): void {
  const plugin = readFileSync(join(pluginFolder(), LZF_FILE));
  const at = plugin.indexOf(GUESS);
  if (at < 0) throw new Error("this version of h5wasm-plugins has an lzf filter that is not known here");
  ROOM.copy(plugin, at);
  const folder = mkdtempSync(join(tmpdir(), "cellkernel-"));
  writeFileSync(join(folder, LZF_FILE), plugin);
  library.insert_plugin_search_path(folder, 0);
  try {
    work();
  } finally {
    library.remove_plugin_search_path(0);
    rmSync(folder, { recursive: true });
  }
}
