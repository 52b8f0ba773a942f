const waiting = new Set<() => void>();

/** Draws with the browser's next frame, once for all that asked before it. */
export function withNextFrame(draw: () => void): void {
  if (waiting.size === 0) {
    requestAnimationFrame(() => {
      const due = [...waiting];
      waiting.clear();
      for (const each of due) each();
    });
  }
  waiting.add(draw);
}

/** Draws it no more. */
export function notWithNextFrame(draw: () => void): void {
  // A frame that nobody waits for any more comes all the same, and does nothing.
  waiting.delete(draw);
}
