/**
 * The error to throw when writing failed, in words for the user.
 * @param state what became of what stood there before
 */
export function writeFailure(target: string, error: unknown, state: string): Error {
  const text = error instanceof Error ? error.message : String(error);
  const why = /ENOSPC|No space left|no space left/.test(text) ? "there is no space left on the disk" : text;
  return new Error(`${target} could not be written: ${why}. ${state}`, { cause: error });
}
