/** What part of an embedding is in view. Coordinates are the embedding's, −1 … 1. */
export interface Camera {
  /** The middle of the view. */
  x: number;
  y: number;
  /** 1 where the whole embedding fills the view, 2 where half of it does. */
  zoom: number;
}

/** The whole embedding. */
export const WHOLE: Camera = { x: 0, y: 0, zoom: 1 };
