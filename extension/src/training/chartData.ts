export interface Point {
  x: number;
  y: number;
}

/** One curve of a chart. */
export interface Curve {
  /** Names its CSS class: `raw`, `training` or `validation`. */
  name: string;
  /** Stands in the key and under the pointer; a curve without one is background. */
  label: string;
  points: Point[];
  /** Draws a dot at each point. */
  dots?: boolean;
}

/** A small line chart. Style and theme come from CSS. */
export interface Chart {
  title: string;
  xLabel: string;
  /** Range of the horizontal axis: what has run. */
  xRange: [number, number];
  curves: Curve[];
  /** Shown as percentages. */
  percent?: boolean;
  /** What is seen, for those who don't see it. */
  said: string;
  /** A vertical line with a word at it. */
  mark?: { x: number; label: string };
}
