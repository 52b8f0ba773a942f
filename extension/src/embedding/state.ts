import type { EmbeddingPayload } from "../../../src/views/contract.js";
import { preferences } from "../preferences.js";
import { type Selection, selectionOf } from "../selection.js";
import { type Camera, WHOLE } from "./camera.js";
import type { Coloring, Embedding } from "./decode.js";
import type { Mode } from "./gestures.js";

/** What the reader has chosen of a view. */
export interface State {
  selection: Selection;
  camera: Camera;
  mode: Mode;
  /** [panels] what each is coloured by, in place of its own. */
  colorings: (Coloring | undefined)[];
  /** Index of the panel that is coloured next; the last at first. */
  target: number;
  /** Whether the names stand on their classes. */
  named: boolean;
  /** Which panel is shown where there is room for one. */
  tab: number;
  /** The selection that was followed last: its card, once closed, stays closed. */
  followed?: Uint32Array;
}

/** So many of the page's views are remembered. */
const MOST = 100;
const states = new Map<string, State>();

/**
 * What was chosen of a view, also when the same cells are shown anew because their notebook cell has run again. The same
 * are those of the same table and title, or else with the same places.
 */
export function stateOf({ title, cells, table, panels }: Embedding, { x, y }: EmbeddingPayload): State {
  const key = JSON.stringify([title, cells, table ?? [x, y].map(ends)]);
  const known = states.get(key);
  states.delete(key);
  const state = known ?? {
    selection: selectionOf(table),
    camera: WHOLE,
    colorings: [],
    target: panels.length - 1,
    mode: "pan",
    named: preferences().classNames,
    tab: 0,
  };
  // A colouring of other cells fits no more.
  state.colorings = state.colorings.map((coloring) =>
    coloring?.codes.length === cells ? coloring : undefined,
  );
  state.target = Math.min(state.target, panels.length - 1);
  states.set(key, state);
  for (const [oldest] of states) if (states.size > MOST) states.delete(oldest);
  return state;
}

function ends({ data }: { data: string }): string {
  return data.slice(0, 64) + data.slice(-64);
}
