/** Lengths in CSS pixels. */
const HIGHEST = 560;
/** Share of the window that a plot takes at most, so that it can be seen whole. */
const SHARE = 0.6;
const GAP = 16;
/** The frame of a plot. */
const FRAME = 2;
/** From this width of the output on, the classes stand beside the plots. */
const BESIDE = 760;
const RAIL = 300;
/** Below this width one panel is shown at a time. */
const NARROW = 560;
/** A smaller plot shows nothing. */
const LEAST = 120;
/** On a full screen: what is above and below the plots. */
const AROUND = 150;

/** How an embedding fits its output. */
export interface Layout {
  /** Side of a panel's square canvas. */
  side: number;
  /** One panel at a time, chosen by tabs, rather than all in a row. */
  tabs: boolean;
  /** Whether the classes stand beside the plots, rather than below. */
  beside: boolean;
}

/** What an embedding is to fit. */
export interface Room {
  width: number;
  windowHeight: number;
  /** Whether nothing else is on the screen. */
  full: boolean;
}

/** Fits so many panels into an output: equal squares in one row, never one below the other. */
export function layoutOf({ width, windowHeight, full }: Room, panels: number): Layout {
  const beside = width >= BESIDE;
  const room = beside ? width - RAIL - GAP : width;
  const tabs = panels > 1 && width < NARROW;
  const columns = tabs ? 1 : panels;
  const across = (room - (columns - 1) * GAP) / columns - FRAME;
  const high = full ? windowHeight - AROUND : Math.min(SHARE * windowHeight, HIGHEST);
  return { side: Math.max(LEAST, Math.floor(Math.min(across, high))), tabs, beside };
}
