/** Comm target over which a view in a page speaks to what it shows. */
export const VIEW_TARGET = "cellkernel.view";

/** Sent from a page. A comm that is closed without an answer: nobody in the kernel knows the view. */
export interface ViewMessage {
  /** Identifies the view's subject, for instance the run of {@link TrainingPayload}. */
  view: string;
  command: string;
}

/** Asks for a view's state, now and whenever it changes; answered while its subject lives. */
export const WATCH = "watch";

/** Sent to a page that watches: the view as it is now, by MIME type. */
export interface ViewAnswer {
  bundle: Record<string, unknown>;
}

/** A message as it comes over a comm, which anyone may have sent; undefined where it is none. */
export function viewMessage(data: unknown): ViewMessage | undefined {
  const { view, command } = (data ?? {}) as Record<string, unknown>;
  return typeof view === "string" && typeof command === "string" ? { view, command } : undefined;
}
