/** Draws; told how many draw in this frame. */
type Draw = (together: number) => void;

const waiting = new Set<Draw>();

/** Draws with the browser's next frame, once for all that asked before it. */
export function withNextFrame(draw: Draw): void {
  if (waiting.size === 0) {
    requestAnimationFrame(() => {
      const due = [...waiting];
      waiting.clear();
      for (const each of due) each(due.length);
    });
  }
  waiting.add(draw);
}

/** Draws it no more. */
export function notWithNextFrame(draw: Draw): void {
  // A frame that nobody waits for any more comes all the same, and does nothing.
  waiting.delete(draw);
}
