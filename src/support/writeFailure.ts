import { CellkernelError } from "./error.js";

/**
 * The error to throw when writing failed, in words for the user; of a mistake that the user can mend it keeps the code.
 * @param state what became of what stood there before
 */
export function writeFailure(target: string, error: unknown, state: string): Error {
  const text = error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
  const why = /ENOSPC|No space left|no space left/.test(text) ? "there is no space left on the disk" : text;
  const message = `${target} could not be written: ${why}. ${state}`;
  return error instanceof CellkernelError
    ? new CellkernelError(error.code, message, error.at, { cause: error })
    : new Error(message, { cause: error });
}
