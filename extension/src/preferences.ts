import type { PaletteName } from "../../src/views/contract.js";

/** What the reader prefers, of all views of the page: the settings of `schema/`. */
export interface Preferences {
  classNames: boolean;
  /** Most cells that are drawn while the camera moves; 0 for as many as can be drawn in time. */
  movingCells: number;
  palette: PaletteName;
  redrawSeconds: number;
}

const preferred: Preferences = {
  classNames: true,
  movingCells: 0,
  palette: "yellow-blue",
  redrawSeconds: 0.2,
};
const listeners = new Set<() => void>();

export function preferences(): Readonly<Preferences> {
  return preferred;
}

export function prefer(changed: Partial<Preferences>): void {
  Object.assign(preferred, changed);
  for (const listener of [...listeners]) listener();
}

/** Calls back after each change; returns what ends that. */
export function onPreference(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
