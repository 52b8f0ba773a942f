import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";
import type { Widget } from "@lumino/widgets";

/** Where an output stands. */
export interface Place {
  panel: NotebookPanel;
  /** Index of its cell. */
  cell: number;
}

/**
 * The notebook and cell that show an output; undefined outside notebooks. Looked up among the widgets, since a windowed
 * notebook takes what is out of sight out of the page.
 */
export function placeOf(notebooks: INotebookTracker | null, output: Widget): Place | undefined {
  const around = new Set<Widget>();
  for (let widget: Widget | null = output; widget; widget = widget.parent) around.add(widget);
  let place: Place | undefined;
  notebooks?.find((panel) => {
    const cell = panel.content.widgets.findIndex((candidate) => {
      const { outputArea } = candidate as { outputArea?: Widget };
      return around.has(candidate) || (outputArea !== undefined && around.has(outputArea));
    });
    if (cell >= 0) place = { panel, cell };
    return cell >= 0;
  });
  return place;
}

/** What becomes of a notebook's kernel. */
export interface KernelWatcher {
  /** There is one; `anew` when what it said in between may not have come through. */
  found(kernel: Kernel.IKernelConnection, anew: boolean): void;
  /** There is none, or it has lost all that it knew. */
  gone(): void;
}

/** Follows a notebook's kernel through starts, restarts, exchanges and reconnections; returns what ends that. */
export function followKernel({ sessionContext }: NotebookPanel, watcher: KernelWatcher): () => void {
  let over = false;
  let connected = sessionContext.session?.kernel?.connectionStatus === "connected";
  const look = (anew: boolean) => {
    if (over) return;
    const kernel = sessionContext.session?.kernel;
    if (kernel && !kernel.isDisposed) watcher.found(kernel, anew);
    else if (sessionContext.isReady) watcher.gone();
  };
  const exchanged = () => look(false);
  const status = (_: unknown, now: Kernel.Status) => {
    if (["restarting", "autorestarting", "terminating", "dead"].includes(now)) watcher.gone();
  };
  const connection = (_: unknown, now: Kernel.ConnectionStatus) => {
    if (now !== "connected") return;
    look(connected);
    connected = true;
  };
  sessionContext.kernelChanged.connect(exchanged);
  sessionContext.statusChanged.connect(status);
  sessionContext.connectionStatusChanged.connect(connection);
  sessionContext.ready.then(exchanged, exchanged);
  look(false);
  return () => {
    over = true;
    sessionContext.kernelChanged.disconnect(exchanged);
    sessionContext.statusChanged.disconnect(status);
    sessionContext.connectionStatusChanged.disconnect(connection);
  };
}

/** Brings an output into view. */
export async function jumpTo(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker | null,
  output: Widget,
): Promise<void> {
  const place = placeOf(notebooks, output);
  if (!place) return;
  app.shell.activateById(place.panel.id);
  place.panel.content.activeCellIndex = place.cell;
  await place.panel.content.scrollToItem(place.cell);
  // Its code may be longer than the page.
  output.node.scrollIntoView({ block: "nearest" });
}
