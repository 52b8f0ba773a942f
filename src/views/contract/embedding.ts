import { ascending, base64, bytesOf, extent, packed, uint16, uint32, unpacked } from "./arrays.js";
import { SHADES } from "./sequential.js";

/** MIME type of {@link EmbeddingPayload}. */
export const EMBEDDING_MIME = "application/vnd.cellkernel.embedding.v1+json";
/** One coordinate of all cells, in 65,536 steps between the extremes: far finer than a screen. */
export interface QuantisedAxis {
  label: string;
  min: number;
  max: number;
  /** Base64 of uint16 [cells], little-endian: (value − min) / (max − min) · 65535, rounded. */
  data: string;
}

/** A category with its CSS colour. */
export interface CategoryData {
  name: string;
  color: string;
}

/** Cells by category. */
export interface CategoryPanelData {
  title: string;
  /** Base64 of uint8 [cells], or uint16 little-endian from 256 categories on; `categories.length` is none. */
  codes: string;
  /** Where given, each of the codes has as many bits instead, one after the other, the lowest bit first. */
  bits?: number;
  /** Base64 of uint8 [cells]: 255 · probability, rounded. */
  probabilities?: string;
  /** The panel's own categories; without, those of the whole embedding. */
  categories?: CategoryData[];
}

/** Cells by a number: expression of a gene, a figure of `obs`. */
export interface NumberPanelData {
  title: string;
  /** What the ends of the palette stand for: values outside are drawn like them. */
  min: number;
  max: number;
  /** Base64 of uint8 [cells]: 254 · (value − min) / (max − min), clipped and rounded; 255 is missing. */
  shades: string;
}

/** One colouring of the cells. */
export type PanelData = CategoryPanelData | NumberPanelData;

/** An embedding as it travels in the notebook: under 1 MB for 100,000 cells and two panels. */
export interface EmbeddingPayload {
  title: string;
  cells: number;
  x: QuantisedAxis;
  y: QuantisedAxis;
  /** All panels' categories with their CSS colours, in legend order. */
  categories: CategoryData[];
  /** What is drawn side by side: one to three. */
  panels: PanelData[];
  /** Colourings besides, to be chosen in the page. */
  more?: PanelData[];
  /** Columns of `obs` that the tooltip shows. */
  tooltip?: PanelData[];
  cellIds?: string[];
  /** Rows without coordinates, which are not drawn; left out when there are none. */
  unplaced?: number[];
  /** The table whose rows the cells are: all views with the same id share a selection of its rows. */
  table?: TableLink;
  /** Whom to ask in the kernel, over {@link VIEW_TARGET}, for more: colourings, names, what is selected. */
  view?: string;
}

/** The table of cells that a view shows rows of. */
export interface TableLink {
  /** Unique. */
  id: string;
  /** Base64 of uint32 [cells]: each cell's row; left out where cell i is row i. */
  rows?: string;
}

/** Categories from which on codes take two bytes. */
const WIDE = 256;
const LARGEST = 65535;

/** Whether the codes of so many categories take two bytes. */
function wide(categories: number): boolean {
  return categories >= WIDE;
}

/** Coordinates as they travel. Values that are not finite count for nothing; where all are the same, they lie in the middle. */
export function encodeAxis(values: ArrayLike<number>, label: string): QuantisedAxis {
  const [min, max] = extent(values);
  const scale = LARGEST / (max - min);
  const steps = new Uint16Array(values.length);
  for (let i = 0; i < steps.length; i++) {
    const known = Number.isFinite(values[i]) && max > min;
    steps[i] = known ? Math.round((values[i] - min) * scale) : LARGEST >> 1;
  }
  return { label, min, max, data: base64(steps) };
}

/** From so many cells on, codes take no more bits than they need. */
const PACKED_FROM = 10_000;

/** Codes as they travel, 0 … `categories` (none). */
export function encodeCodes(
  codes: ArrayLike<number>,
  categories: number,
): Pick<CategoryPanelData, "codes" | "bits"> {
  const bits = Math.max(1, 32 - Math.clz32(categories));
  if (codes.length >= PACKED_FROM) return { codes: base64(packed(codes, bits)), bits };
  return { codes: base64(wide(categories) ? Uint16Array.from(codes) : Uint8Array.from(codes)) };
}

/** Probabilities as they travel. */
export function encodeProbabilities(probabilities: ArrayLike<number>): string {
  const bytes = new Uint8Array(probabilities.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round(255 * probabilities[i]);
  return base64(bytes);
}

/** Numbers as shades: see {@link NumberPanelData}. */
export function shadesOf(values: ArrayLike<number>, min: number, max: number): Uint8Array {
  const shades = new Uint8Array(values.length);
  for (let i = 0; i < shades.length; i++) {
    const share = max > min ? (values[i] - min) / (max - min) : 0;
    shades[i] = Number.isFinite(values[i])
      ? Math.round(Math.min(1, Math.max(0, share)) * (SHADES - 1))
      : SHADES;
  }
  return shades;
}

/** Rows as they travel. */
export function encodeRows(rows: ArrayLike<number>): string {
  return base64(Uint32Array.from(rows));
}

/** A colouring out of its payload. */
export interface DecodedPanel {
  title: string;
  /** [cells]: index into the categories (their number: none); of numbers, 0 … 254 from `min` to `max` (255: missing). */
  codes: Uint8Array | Uint16Array;
  /** Left out where cells are coloured by a number. */
  categories?: CategoryData[];
  /** [cells], 0 … 1. */
  probabilities?: Float32Array;
  /** What the ends of a number's palette stand for. */
  range?: { min: number; max: number };
}

/** An embedding's arrays out of its payload. */
export interface DecodedEmbedding {
  /** [cells] each, 0 … 1 between the extremes. */
  x: Float32Array;
  y: Float32Array;
  panels: DecodedPanel[];
  more: DecodedPanel[];
  tooltip: DecodedPanel[];
  /** [cells]: rows of the view's table. */
  rows: Uint32Array;
}

/**
 * A colouring out of its payload.
 *
 * @param own what its codes count through where it has no categories of its own
 * @param bytes its numbers, where they travelled apart
 * @throws when they are not of so many cells
 */
export function decodePanel(
  panel: PanelData,
  cells: number,
  own: CategoryData[],
  bytes?: Uint8Array,
): DecodedPanel {
  const { title } = panel;
  const decoded: DecodedPanel =
    "shades" in panel
      ? {
          title,
          codes: bytes ?? bytesOf(panel.shades),
          range: { min: Number(panel.min), max: Number(panel.max) },
        }
      : categorised(panel, cells, panel.categories ?? own, bytes ?? bytesOf(panel.codes));
  const lengths = [decoded.codes.length, ...(decoded.probabilities ? [decoded.probabilities.length] : [])];
  const wrong = lengths.find((length) => length !== cells);
  if (wrong !== undefined) throw new Error(`"${title}" holds ${wrong} values for ${cells} cells.`);
  return decoded;
}

function categorised(
  { title, bits, probabilities }: CategoryPanelData,
  cells: number,
  categories: CategoryData[],
  bytes: Uint8Array,
): DecodedPanel {
  return {
    title,
    categories,
    codes: codesOf(bytes, bits, cells, categories.length),
    ...(probabilities && { probabilities: scaled(bytesOf(probabilities), 255) }),
  };
}

function codesOf(
  bytes: Uint8Array,
  bits: number | undefined,
  cells: number,
  categories: number,
): Uint8Array | Uint16Array {
  if (bits === undefined) return wide(categories) ? uint16(bytes) : bytes;
  // Anyone may have written it.
  if (!(Number.isInteger(bits) && bits > 0 && bits <= 16)) throw new Error(`Codes of ${bits} bits.`);
  return unpacked(bytes, bits, Math.min(cells, Math.floor((8 * bytes.length) / bits)));
}

function scaled(steps: Uint8Array | Uint16Array, most: number): Float32Array {
  const shares = new Float32Array(steps.length);
  for (let i = 0; i < shares.length; i++) shares[i] = steps[i] / most;
  return shares;
}

/**
 * Decodes a payload as it comes from a notebook, which anyone may have written.
 * @throws when its parts disagree in length
 */
export function decodeEmbedding(payload: EmbeddingPayload): DecodedEmbedding {
  const { cells, categories, panels, more = [], tooltip = [], table } = payload;
  const share = ({ data }: QuantisedAxis) => scaled(uint16(bytesOf(data)), LARGEST);
  const colored = (list: PanelData[]) => list.map((panel) => decodePanel(panel, cells, categories));
  const decoded = {
    x: share(payload.x),
    y: share(payload.y),
    panels: colored(panels),
    more: colored(more),
    tooltip: colored(tooltip),
    rows: table?.rows ? uint32(bytesOf(table.rows)) : ascending(cells),
  };
  const lengths = [decoded.x.length, decoded.y.length, decoded.rows.length];
  if (lengths.some((length) => length !== cells))
    throw new Error(`The embedding's data hold ${lengths.join(", ")} values for ${cells} cells.`);
  return decoded;
}
