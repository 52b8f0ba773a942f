import { isError } from "./isError.js";

/** What the code that was compiled from a cell says, and V8 repeats, with what the user wrote. */
const WORDS: [ours: RegExp, users: string][] = [
  [/\(0 ?, ?__scope\.([\p{ID_Continue}$]+)\)/gu, "$1"],
  [/__scope\./g, ""],
  [/__kernel\.import\(/g, "import("],
  // A value that was awaited has no name, as V8 says where it has not been compiled.
  [/__kernel\.\w+\((?:\.\.\.)?\)/g, "(intermediate value)"],
  [/\b__meta\b/g, "import.meta"],
];

const OURS = /__scope\.|__kernel\.|__meta\b/;

/** A message of V8's in the words of the cell. */
export function inUsersWords(message: string): string {
  if (!OURS.test(message)) return message;
  return WORDS.reduce((text, [ours, users]) => text.replace(ours, users), message);
}

/** Makes an error that code of a cell has caught speak of that code as the user wrote it. */
export function caught<T>(error: T): T {
  if (!isError(error)) return error;
  const own = Object.getOwnPropertyDescriptor(error, "message");
  if (typeof own?.value === "string" && own.writable) {
    const message = inUsersWords(own.value);
    if (message !== own.value) error.message = message;
  }
  return error;
}
