import type { Host, HostComm } from "./host.js";

/** Takes up a message of a view's page, with the bytes that came along; the comm leads back to it. */
export type Received = (message: Record<string, unknown>, comm: HostComm, buffers: Uint8Array[]) => void;

/** The channels that are open under a target, by view. */
interface Switchboard {
  byView: Map<string, Received>;
  unregister: () => void;
}

const boards = new WeakMap<Host, Map<string, Switchboard>>();

/**
 * Hears what the pages that show `view` send over comms of `target`; any number of views at once. A page whose view
 * nobody listens to has its comm closed: it is told that nobody is there.
 *
 * @returns a function that ends it
 */
export function openChannel(host: Host, target: string, view: string, received: Received): () => void {
  const targets = boards.get(host) ?? new Map<string, Switchboard>();
  boards.set(host, targets);
  const board = targets.get(target) ?? register(host, target);
  targets.set(target, board);
  board.byView.set(view, received);
  return () => {
    board.byView.delete(view);
    if (board.byView.size > 0 || targets.get(target) !== board) return;
    targets.delete(target);
    board.unregister();
  };
}

function register(host: Host, target: string): Switchboard {
  const byView = new Map<string, Received>();
  const unregister = host.onComm(target, (comm, opened) => {
    const hear = (data: unknown, buffers: Uint8Array[]) => {
      const message = (data ?? {}) as Record<string, unknown>;
      const listener = byView.get(String(message.view));
      if (listener) listener(message, comm, buffers);
      else comm.close();
    };
    hear(opened, []);
    comm.onMessage(hear);
  });
  return { byView, unregister };
}
