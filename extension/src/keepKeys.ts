/**
 * Keeps keys in an element: JupyterLab's shortcuts are looked up before any listener of ours, but not where this
 * attribute stands. Those with a modifier (save, run) are the notebook's as ever. Returns what ends that.
 */
export function keepKeys(node: HTMLElement): () => void {
  const look = (event: KeyboardEvent) => {
    if (!event.composedPath().includes(node)) return;
    const foreign =
      event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
    node.toggleAttribute("data-lm-suppress-shortcuts", !foreign);
  };
  const stop = (event: KeyboardEvent) => {
    if (node.hasAttribute("data-lm-suppress-shortcuts")) event.stopPropagation();
  };
  window.addEventListener("keydown", look, true);
  node.addEventListener("keydown", stop);
  return () => {
    window.removeEventListener("keydown", look, true);
    node.removeEventListener("keydown", stop);
  };
}
