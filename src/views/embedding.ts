import { shown } from "../host/displayable.js";
import type { MimeBundle } from "../host/host.js";
import {
  EMBEDDING_MIME,
  type EmbeddingPayload,
  encodeAxis,
  encodeCodes,
  encodeProbabilities,
} from "./contract.js";
import { embeddingSvg } from "./embeddingPicture.js";
import { shownName, shownNames } from "./names.js";
import { categoryColors } from "./palette.js";
import { pictureOf } from "./picture.js";
import type { EmbeddingInput, EmbeddingPanel } from "./types.js";

/** Above this many cells their names stay out of the notebook; rows are numbered instead. */
const NAMED_CELLS = 10_000;

/**
 * Cells on a plane, coloured side by side by one or more labellings: interactive in JupyterLab, a picture elsewhere.
 *
 * Cells whose coordinates are not finite are counted and not drawn.
 *
 * @throws when lengths disagree, or a code is outside its categories.
 */
export function embeddingView(input: EmbeddingInput): MimeBundle {
  const payload = embeddingPayload(input);
  const codes = unionCodes(input.panels, namesOf(input.panels));
  return shown({
    [EMBEDDING_MIME]: payload,
    ...pictureOf(embeddingSvg(input, payload.categories, codes)),
    "text/plain": describe(input),
  });
}

/** The data part of {@link embeddingView}. */
export function embeddingPayload(input: EmbeddingInput): EmbeddingPayload {
  check(input);
  const names = namesOf(input.panels);
  const codes = unionCodes(input.panels, names);
  const sizes = new Array<number>(names.length).fill(0);
  for (const code of codes[0]) if (code < names.length) sizes[code]++;
  const colors = categoryColors(sizes);
  const cells = input.x.length;
  const unplaced = unplacedRows(input);
  return {
    title: shownName(input.title ?? ""),
    cells,
    x: encodeAxis(input.x, shownName(input.axes?.[0] ?? "UMAP 1")),
    y: encodeAxis(input.y, shownName(input.axes?.[1] ?? "UMAP 2")),
    categories: shownNames(names).map((name, c) => ({ name, color: colors[c] })),
    panels: input.panels.map((panel, p) => ({
      title: shownName(panel.title),
      codes: encodeCodes(codes[p], names.length),
      ...(panel.probabilities && {
        probabilities: encodeProbabilities(panel.probabilities),
      }),
    })),
    ...(input.cellIds &&
      cells <= NAMED_CELLS && { cellIds: Array.from(input.cellIds, (id) => shownName(id)) }),
    ...(unplaced.length > 0 && { unplaced }),
  };
}

/** Rows that lie nowhere. */
function unplacedRows({ x, y }: EmbeddingInput): number[] {
  return Array.from(x, (_, row) => row).filter((row) => !Number.isFinite(x[row]) || !Number.isFinite(y[row]));
}

/** Names of all panels' categories, each once, in order of appearance. */
function namesOf(panels: readonly EmbeddingPanel[]): string[] {
  return [...new Set(panels.flatMap((panel) => panel.categories))];
}

/** Each panel's codes counted through the common names; `names.length` is none. */
function unionCodes(panels: readonly EmbeddingPanel[], names: string[]): Uint16Array[] {
  const index = new Map(names.map((name, c) => [name, c]));
  return panels.map((panel) => {
    const common = panel.categories.map((name) => index.get(name)!);
    return Uint16Array.from(panel.codes, (code) => (code < 0 ? names.length : common[code]));
  });
}

function check({ x, y, panels, cellIds }: EmbeddingInput): void {
  const cells = x.length;
  if (y.length !== cells)
    throw new Error(`The embedding has ${cells} x and ${y.length} y coordinates; expected as many.`);
  if (panels.length < 1 || panels.length > 3)
    throw new Error(`Expected 1 to 3 panels, got ${panels.length}.`);
  if (cellIds && cellIds.length !== cells) throw new Error(`${cellIds.length} cell ids for ${cells} cells.`);
  for (const { title, codes, categories, probabilities } of panels) {
    const wrong = Array.from(codes).find((code) => !(code >= -1 && code < categories.length));
    if (codes.length !== cells || wrong !== undefined) {
      throw new Error(
        `Panel "${title}" has ${codes.length} codes for ${cells} cells` +
          (wrong === undefined ? "." : `, among them ${wrong}; expected −1 to ${categories.length - 1}.`),
      );
    }
    if (probabilities && probabilities.length !== cells) {
      throw new Error(`Panel "${title}" has ${probabilities.length} probabilities for ${cells} cells.`);
    }
  }
}

function describe(input: EmbeddingInput): string {
  const { title, x, panels } = input;
  const unplaced = unplacedRows(input).length;
  const lines = panels.map((panel) => {
    const sizes = new Uint32Array(panel.categories.length);
    for (let i = 0; i < panel.codes.length; i++) if (panel.codes[i] >= 0) sizes[panel.codes[i]]++;
    const order = [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a]);
    const listed = order.map((c) => `${shownName(panel.categories[c])} ${sizes[c]}`);
    return `${shownName(panel.title)}: ${listed.slice(0, 8).join(", ")}${listed.length > 8 ? ", …" : ""}`;
  });
  const undrawn = unplaced > 0 ? `, ${unplaced} of them without coordinates` : "";
  return [`${shownName(title ?? "Embedding")}, ${x.length} cells${undrawn}`, ...lines].join("\n");
}
