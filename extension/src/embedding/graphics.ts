import { createRenderer } from "regl-scatterplot";

type Renderer = ReturnType<typeof createRenderer>;

/** One WebGL context for all plots of the page, since browsers allow only some 16; undefined before, null where there is none. */
let shared: Renderer | null | undefined;

/** Who wants to know that the context is gone. */
const losers = new Set<() => void>();

/** The page's context; a new one after the last was lost. */
export function graphics(): Renderer | null {
  if (shared === undefined || shared?.isDestroyed) {
    try {
      const created = createRenderer();
      shared = created.isSupported ? created : null;
      // A driver that restarts takes the context and all that is in it.
      shared?.canvas.addEventListener("webglcontextlost", () => {
        if (shared !== created) return;
        shared = undefined;
        for (const lost of [...losers]) lost();
        created.destroy();
      });
    } catch {
      shared = null;
    }
  }
  return shared ?? null;
}

/** Calls back when the page has lost its graphics; returns what ends that. */
export function onGraphicsLost(lost: () => void): () => void {
  losers.add(lost);
  return () => void losers.delete(lost);
}
