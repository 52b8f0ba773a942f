import koffi, { type LibraryHandle } from "koffi";

/** koffi unloads a library whose handle is collected as garbage, whoever runs in it: they are all kept. */
const loaded = new Map<string, LibraryHandle>();

/**
 * A shared library by its path or name.
 * @param global whoever asks for it by name from now on gets this one
 * @throws where the system finds no such library
 */
export function library(path: string, { global = false } = {}): LibraryHandle {
  const known = loaded.get(path);
  if (known) return known;
  const handle = koffi.load(path, { global });
  loaded.set(path, handle);
  return handle;
}
