/** One WebGL context for all plots of the page, since browsers allow only some 16; undefined before, null where there is none. */
let shared: WebGL2RenderingContext | null | undefined;

/** Who wants to know that the context is gone. */
const losers = new Set<() => void>();

/** Drivers that draw by the processor, with none of a card: many times slower than our own drawing by it. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

function inSoftware(gl: WebGL2RenderingContext): boolean {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return info !== null && SOFTWARE.test(String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)));
}

/** The page's context, where a card is behind it; a new one after the last was lost. */
export function graphics(): WebGL2RenderingContext | null {
  if (shared !== undefined) return shared;
  const canvas = document.createElement("canvas");
  const created = canvas.getContext("webgl2", { antialias: false, depth: false, stencil: false });
  if (!created || inSoftware(created)) {
    created?.getExtension("WEBGL_lose_context")?.loseContext();
    shared = null;
    return null;
  }
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
