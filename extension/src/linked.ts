/** What the page knows of what a view shows: nobody has answered yet; it lives; nobody knows it any more. */
export type LinkState = "asking" | "live" | "lost";

/** Takes what the kernel says of the view. */
export type Heard = (message: Record<string, unknown>, buffers: Uint8Array[]) => void;

/** A line between a view and its subject in the kernel. */
export interface Linked {
  readonly state: LinkState;
  /** @returns whether there is a kernel that may hear it */
  send(command: string, rest?: object, buffers?: Uint8Array[]): boolean;
}
