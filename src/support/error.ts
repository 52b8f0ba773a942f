/** What kinds of mistakes a program may want to tell apart. The words are stable; messages are for people. */
export type ErrorCode =
  /** An option's value is none that it takes, or doesn't go with the others. */
  | "option"
  /** A column of `obs` or `var` is missing, or doesn't hold what it is needed for. */
  | "column"
  /** A file or folder is missing, or is something else. */
  | "path"
  /** A file or folder of another version, damaged, or that holds what cannot be read or written. */
  | "format"
  /** A matrix is missing, or doesn't hold what it is needed for. */
  | "matrix"
  /** Names of cells or genes repeat, or don't fit those that they are compared with. */
  | "names"
  /** A folder of which files are missing or not those that were written with it. */
  | "not-whole"
  /** A file has too few of the genes that a run was trained on. */
  | "few-genes"
  /** Cells were prepared otherwise than a run's own, or for another model. */
  | "other-preparation"
  /** A device is missing, can't be started, or hasn't the memory for what is asked of it. */
  | "device"
  /** There are no labels, batches or cells where some are needed. */
  | "nothing"
  /** The memory of the device does not hold what is asked of it. */
  | "memory"
  /** Processes that are to train one model together can't be joined, or don't agree on what they train. */
  | "ranks";

/**
 * A mistake that the user can mend: the message says what was found, what was expected and what to do.
 *
 * @example
 * const error = await readH5ad("missing.h5ad").catch((caught) => caught);
 * error instanceof CellkernelError && error.code; // → "path"
 */
export class CellkernelError extends Error {
  override readonly name = "CellkernelError";

  /**
   * @param code a stable word for the kind
   * @param at the thing at fault: option, column, path, …
   * @param options the error behind it
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly at: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
