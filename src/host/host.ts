/** What a Jupyter front end shows: representations of one thing by MIME type. */
export type MimeBundle = Record<string, unknown>;

/** An output that stays on the page and can be drawn again. */
export interface DisplayHandle {
  update(bundle: MimeBundle): void;
}

/**
 * What our kernel lends the library while a cell runs. Absent outside the kernel
 * (a script, a test, the command line): the library then reports to the terminal.
 */
export interface Host {
  /** Shows a bundle below the running cell. */
  display(bundle: MimeBundle, metadata?: Record<string, unknown>): DisplayHandle;
  /** Aborted when the user interrupts the running cell. */
  readonly signal: AbortSignal;
  /**
   * Answers a comm target that a view in the page opens, for instance its Stop button.
   * Returns a function that takes the registration back.
   */
  onComm(target: string, opened: (comm: HostComm, data: unknown) => void): () => void;
  /** The callback as one of the cell that runs now, whenever it is called: what it prints stands below that cell. */
  ofThisCell<Args extends unknown[]>(callback: (...args: Args) => void): (...args: Args) => void;
}

/** One open comm between the page and the kernel; `buffers` travel as binary. */
export interface HostComm {
  send(data: unknown, buffers?: Uint8Array[]): void;
  onMessage(received: (data: unknown, buffers: Uint8Array[]) => void): void;
  /** Calls back when the page has closed it. */
  onClose(closed: () => void): void;
  close(): void;
}

/** Where the kernel leaves the host; `Symbol.for`, so that no module need be shared. */
const HOST = Symbol.for("cellkernel.host");

/**
 * The kernel's host, or undefined outside a notebook.
 *
 * @example
 * host()?.display({ "text/plain": "half of the cells are read" });
 */
export function host(): Host | undefined {
  return (globalThis as Record<symbol, unknown>)[HOST] as Host | undefined;
}
