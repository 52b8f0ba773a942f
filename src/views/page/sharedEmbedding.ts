import {
  base64,
  bytesOf,
  decodePanel,
  type EmbeddingPayload,
  encodeCodes,
  encodeRows,
  inOrder,
  type PanelData,
  shuffled,
} from "../contract.js";

/** What goes into a file that is handed on: by default nothing that names a cell or its donor. */
export interface PageContents {
  /** Names of the cells, as far as the view has them (up to 10,000). */
  cellNames?: boolean;
  /** Colourings beside those that are shown, and the values of the tooltip: mostly columns of `obs`. */
  columns?: boolean;
}

/** Most cells of a page: so many are moved and searched without delay on any machine. */
export const MOST_CELLS = 50_000;

/** The embedding as a page holds it: without what was not asked for, and without the notebook's kernel. */
export function sharedEmbedding(
  { cellIds, more, tooltip, view: _kernel, ...shown }: EmbeddingPayload,
  { cellNames = false, columns = false }: PageContents,
): EmbeddingPayload {
  return sampled({
    ...shown,
    ...(cellNames && cellIds && { cellIds }),
    ...(columns && more && { more }),
    ...(columns && tooltip && { tooltip }),
  });
}

/** So many of the cells at random, the same each time, in their order. */
function sampled(payload: EmbeddingPayload): EmbeddingPayload {
  const { cells, x, y, panels, more, tooltip, cellIds, unplaced, table } = payload;
  if (cells <= MOST_CELLS) return payload;
  const kept = shuffled(cells).subarray(0, MOST_CELLS).sort();
  const take = (data: string) => takeValues(data, kept, cells);
  const takePanel = (panel: PanelData): PanelData => {
    if ("shades" in panel) return { ...panel, shades: take(panel.shades) };
    const { bits: _bits, ...rest } = panel;
    const { codes, categories } = decodePanel(panel, cells, payload.categories);
    return {
      ...rest,
      ...encodeCodes(inOrder(codes, kept), categories!.length),
      ...(panel.probabilities && { probabilities: take(panel.probabilities) }),
    };
  };
  const lost = new Set(unplaced);
  return {
    ...payload,
    cells: kept.length,
    x: { ...x, data: take(x.data) },
    y: { ...y, data: take(y.data) },
    panels: panels.map(takePanel),
    ...(more && { more: more.map(takePanel) }),
    ...(tooltip && { tooltip: tooltip.map(takePanel) }),
    ...(cellIds && { cellIds: Array.from(kept, (cell) => cellIds[cell]) }),
    ...(unplaced && { unplaced: [...kept.keys()].filter((cell) => lost.has(kept[cell])) }),
    ...(table && { table: { id: table.id, rows: table.rows ? take(table.rows) : encodeRows(kept) } }),
  };
}

/** Of values of some whole bytes each those of some cells. */
function takeValues(data: string, kept: Uint32Array, cells: number): string {
  const bytes = bytesOf(data);
  const size = bytes.length / cells;
  const taken = new Uint8Array(kept.length * size);
  kept.forEach((cell, i) => {
    taken.set(bytes.subarray(cell * size, (cell + 1) * size), i * size);
  });
  return base64(taken);
}
