import koffi, { type LibraryHandle } from "koffi";

/** Koffi unloads a library whose object is collected as garbage, whoever still has pointers into it. */
const kept = new Map<string, LibraryHandle>();

/**
 * Loads a native library, for as long as the process lives.
 * @param shared whether whoever asks for the library by its name from now on gets this one
 */
export function nativeLibrary(path: string, shared = false): LibraryHandle {
  const known = kept.get(path);
  if (known) return known;
  const library = koffi.load(path, { global: shared });
  kept.set(path, library);
  return library;
}
