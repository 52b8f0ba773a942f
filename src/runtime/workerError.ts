import { CellkernelError, type ErrorCode } from "../support/error.js";

/** An error on its way between threads: of a class of ours, their copy would be a plain error without code and thing. */
export type PackedError =
  | { code: ErrorCode; message: string; at: CellkernelError["at"] }
  | { error: unknown };

export function packError(error: unknown): PackedError {
  if (!(error instanceof CellkernelError)) return { error };
  const { code, message, at } = error;
  return { code, message, at };
}

export function unpackError(packed: PackedError): unknown {
  return "error" in packed ? packed.error : new CellkernelError(packed.code, packed.message, packed.at);
}
