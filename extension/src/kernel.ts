import type { INotebookTracker } from "@jupyterlab/notebook";
import type { Kernel } from "@jupyterlab/services";

/** The kernel of the notebook that shows an element; undefined outside notebooks and while none runs. */
export function kernelOf(
  notebooks: INotebookTracker | null,
  node: HTMLElement,
): Kernel.IKernelConnection | undefined {
  const panel = notebooks?.find((candidate) => candidate.node.contains(node));
  return panel?.sessionContext.session?.kernel ?? undefined;
}
