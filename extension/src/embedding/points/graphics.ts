/** One WebGL context for all plots of the page, since browsers allow only some 16; undefined before, null where there is none. */
let shared: WebGL2RenderingContext | null | undefined;

/** Who wants to know that the context is gone. */
const losers = new Set<() => void>();

/** The page's context; a new one after the last was lost. */
export function graphics(): WebGL2RenderingContext | null {
  if (shared !== undefined) return shared;
  const canvas = document.createElement("canvas");
  const created = canvas.getContext("webgl2", { antialias: false, depth: false, stencil: false });
  shared = created;
  // A driver that restarts takes the context and all that is in it.
  canvas.addEventListener("webglcontextlost", () => {
    if (shared !== created) return;
    shared = undefined;
    for (const lost of [...losers]) lost();
  });
  return created;
}

/** Calls back when the page has lost its graphics; returns what ends that. */
export function onGraphicsLost(lost: () => void): () => void {
  losers.add(lost);
  return () => void losers.delete(lost);
}
