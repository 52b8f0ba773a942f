import { shown, withLater } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import { type Colored, coloredAlone, coloredPanels, isCategorical, panelData } from "./coloring.js";
import { EMBEDDING_MIME, type EmbeddingPayload, encodeAxis, encodeRows, SHADES } from "./contract.js";
import { embeddingSvg } from "./embeddingPicture.js";
import { shownName } from "./names.js";
import { smallPngOf } from "./picture.js";
import type { EmbeddingInput, EmbeddingPanel } from "./types.js";

/** Above this many cells their names stay out of the notebook; rows are numbered instead. */
const NAMED_CELLS = 10_000;

/** From so many cells on, the picture is left until it is asked for: a page that draws the cells itself need not wait for it. */
const LARGE = 20_000;

/**
 * Cells on a plane, coloured side by side by one or more labellings or numbers: interactive in JupyterLab, a picture elsewhere.
 *
 * Cells whose coordinates are not finite are counted and not drawn.
 *
 * @param view whom JupyterLab asks in the kernel for what the view doesn't hold
 * @throws when lengths disagree, or a code is outside its categories.
 * @example
 * const types = { title: "Type", categories: ["B", "T"], codes: [0, 0, 1] };
 * embeddingView({ x: [0, 1, 5], y: [0, 1, 4], panels: [types] });
 */
export function embeddingView(input: EmbeddingInput, view?: string): MimeBundle {
  check(input);
  const panels = coloredPanels(input.panels);
  const bundle: MimeBundle = {
    [EMBEDDING_MIME]: payloadOf(input, panels, view),
    "text/plain": describe(input),
  };
  // The picture is of the cells as they are now, whenever it is drawn.
  const { title, axes } = input;
  const [x, y] = [input.x, input.y].map((values) => new Float32Array(values));
  const draw = () => smallPngOf(embeddingSvg({ title, axes, x, y }, panels.colored)).toString("base64");
  if (input.x.length < LARGE) bundle["image/png"] = draw();
  else withLater(bundle, "image/png", draw);
  return shown(bundle);
}

/** The data part of {@link embeddingView}. */
export function embeddingPayload(input: EmbeddingInput, view?: string): EmbeddingPayload {
  check(input);
  return payloadOf(input, coloredPanels(input.panels), view);
}

function payloadOf(
  input: EmbeddingInput,
  { common, colored }: ReturnType<typeof coloredPanels>,
  view?: string,
): EmbeddingPayload {
  const { cellIds, more = [], tooltip = [], table } = input;
  const cells = input.x.length;
  const unplaced = unplacedRows(input);
  const apart = (panels: readonly EmbeddingPanel[]) => panels.map((panel) => panelData(coloredAlone(panel)));
  return {
    title: shownName(input.title ?? ""),
    cells,
    x: encodeAxis(input.x, shownName(input.axes?.[0] ?? "UMAP 1")),
    y: encodeAxis(input.y, shownName(input.axes?.[1] ?? "UMAP 2")),
    categories: common,
    panels: colored.map(panelData),
    ...(more.length > 0 && { more: apart(more) }),
    ...(tooltip.length > 0 && { tooltip: apart(tooltip) }),
    ...(cellIds && cells <= NAMED_CELLS && { cellIds: Array.from(cellIds, (id) => shownName(id)) }),
    ...(unplaced.length > 0 && { unplaced }),
    ...(table && { table: { id: table.id, ...(table.rows && { rows: encodeRows(table.rows) }) } }),
    ...(view !== undefined && { view }),
  };
}

/** Rows that lie nowhere. */
function unplacedRows({ x, y }: EmbeddingInput): number[] {
  const rows = [];
  for (let row = 0; row < x.length; row++)
    if (!Number.isFinite(x[row]) || !Number.isFinite(y[row])) rows.push(row);
  return rows;
}

function check({ x, y, panels, cellIds, more = [], tooltip = [], table }: EmbeddingInput): void {
  const cells = x.length;
  if (y.length !== cells)
    throw new Error(`The embedding has ${cells} x and ${y.length} y coordinates; expected as many.`);
  if (panels.length < 1 || panels.length > 3)
    throw new Error(`Expected 1 to 3 panels, got ${panels.length}.`);
  if (cellIds && cellIds.length !== cells) throw new Error(`${cellIds.length} cell ids for ${cells} cells.`);
  if (table?.rows && table.rows.length !== cells)
    throw new Error(`${table.rows.length} rows of the table for ${cells} cells.`);
  for (const panel of [...panels, ...more, ...tooltip]) checkPanel(panel, cells);
}

function checkPanel(panel: EmbeddingPanel, cells: number): void {
  const { title } = panel;
  if (isCategorical(panel)) {
    const { codes, categories, probabilities } = panel;
    const wrong = Array.prototype.find.call(codes, (code) => !(code >= -1 && code < categories.length));
    if (codes.length !== cells || wrong !== undefined) {
      throw new Error(
        `Panel "${title}" has ${codes.length} codes for ${cells} cells` +
          (wrong === undefined ? "." : `, among them ${wrong}; expected −1 to ${categories.length - 1}.`),
      );
    }
    if (probabilities && probabilities.length !== cells) {
      throw new Error(`Panel "${title}" has ${probabilities.length} probabilities for ${cells} cells.`);
    }
  } else if (panel.values.length !== cells)
    throw new Error(`Panel "${title}" has ${panel.values.length} values for ${cells} cells.`);
}

function describe(input: EmbeddingInput): string {
  const { title, x, panels } = input;
  const unplaced = unplacedRows(input).length;
  const lines = panels.map((panel) => {
    if (!isCategorical(panel)) return numbersIn(coloredAlone(panel));
    const sizes = new Uint32Array(panel.categories.length);
    for (let i = 0; i < panel.codes.length; i++) if (panel.codes[i] >= 0) sizes[panel.codes[i]]++;
    const order = [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a]);
    const listed = order.map((c) => `${shownName(panel.categories[c])} ${sizes[c]}`);
    return `${shownName(panel.title)}: ${listed.slice(0, 8).join(", ")}${listed.length > 8 ? ", …" : ""}`;
  });
  const undrawn = unplaced > 0 ? `, ${unplaced} of them without coordinates` : "";
  return [`${shownName(title ?? "Embedding")}, ${x.length} cells${undrawn}`, ...lines].join("\n");
}

function numbersIn(colored: Colored): string {
  if (!("shades" in colored)) return colored.title;
  const { title, min, max, shades } = colored;
  const missing = shades.filter((shade) => shade === SHADES).length;
  const without = missing > 0 ? `, missing in ${missing} cells` : "";
  return `${title}: ${min.toPrecision(3)} to ${max.toPrecision(3)}${without}`;
}
