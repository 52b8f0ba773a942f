import type { TrainingProgress } from "./types.js";

/** One coordinate of all cells, in 65,536 steps between the extremes: far finer than a screen. */
export interface QuantisedAxis {
  label: string;
  min: number;
  max: number;
  /** Base64 of uint16 [cells], little-endian: (value − min) / (max − min) · 65535, rounded. */
  data: string;
}

/** An embedding as it travels in the notebook: under 1 MB for 100,000 cells and two panels. */
export interface EmbeddingPayload {
  title: string;
  cells: number;
  x: QuantisedAxis;
  y: QuantisedAxis;
  /** All panels' categories with their CSS colours, in legend order. */
  categories: { name: string; color: string }[];
  panels: {
    title: string;
    /** Base64 of uint8 [cells], or uint16 little-endian from 256 categories on; `categories.length` is none. */
    codes: string;
    /** Base64 of uint8 [cells]: 255 · probability, rounded. */
    probabilities?: string;
  }[];
  cellIds?: string[];
}

/** A run as it travels in the notebook: the losses are means over windows of consecutive steps. */
export interface TrainingPayload extends Omit<TrainingProgress, "losses"> {
  losses: LossPoint[];
}

/** Mean training loss of the steps up to and with `step`, from the previous point on. */
export interface LossPoint {
  step: number;
  loss: number;
}
