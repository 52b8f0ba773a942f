import type { Selection } from "../selection.js";
import type { Words } from "../words.js";
import type { Ask } from "./ask.js";
import type { Camera } from "./camera.js";
import type { Coloring, Embedding } from "./decode.js";
import type { Panel } from "./panel.js";
import type { Rows } from "./rows.js";
import type { State } from "./state.js";

/** What a board needs of what is around it. */
export interface Around {
  trans: Words;
  selection: Selection;
  /** The view in the kernel, where there is one. */
  ask?: Ask;
  /** Puts code where the reader can run it; returns what has been done, in words. */
  useCode(code: string): Promise<string>;
  /** Fills the screen with the view, or ends that. */
  full(): void;
  /** Gives the focus to what is around the view. */
  release(): void;
}

/** What the parts of a board share. */
export interface Scene {
  readonly embedding: Embedding;
  readonly rows: Rows;
  readonly mistakes: Coloring | undefined;
  readonly state: State;
  readonly around: Around;
  readonly panels: readonly Panel[];
  /** Side of a panel in CSS pixels. */
  readonly side: number;
  /** [cells]: 1 where a cell is shown in front; null for all alike. */
  readonly picked: Uint8Array | null;
  /** What the panel shows that is coloured next. */
  readonly coloring: Coloring;
  palette(coloring: Coloring): readonly string[];
  look(camera: Camera): void;
  /** Colours the panel that the reader has chosen for it: the last at first. */
  colorBy(coloring: Coloring): void;
  /** Says something in the line below the plots. */
  say(text: string): void;
}

/** What is told of a cell besides its name and the payload's own columns: the panels, and what is chosen. */
export function toldOf({ embedding, state, mistakes }: Scene): Coloring[] {
  const chosen = state.colorings.filter((coloring) => coloring !== undefined && coloring !== mistakes);
  return [...new Set([...embedding.panels, ...(chosen as Coloring[])])];
}
