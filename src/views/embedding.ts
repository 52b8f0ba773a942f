import type { MimeBundle } from "../protocol/host.js";
import { embeddingSvg } from "./embeddingPicture.js";
import { categoryColors } from "./palette.js";
import type { EmbeddingPayload, QuantisedAxis } from "./payloads.js";
import { pictureOf } from "./picture.js";
import type { EmbeddingInput, EmbeddingPanel } from "./types.js";

/** MIME type of {@link EmbeddingPayload}; our JupyterLab extension draws it. */
export const EMBEDDING_MIME = "application/vnd.cellkernel.embedding.v1+json";

/** Above this many cells their names stay out of the notebook; rows are numbered instead. */
const NAMED_CELLS = 10_000;

/**
 * Cells on a plane, coloured side by side by one or more labellings: interactive in JupyterLab, a picture elsewhere.
 *
 * @throws when lengths disagree, a coordinate is not finite, or a code is outside its categories.
 */
export function embeddingView(input: EmbeddingInput): MimeBundle {
  const payload = embeddingPayload(input);
  return {
    [EMBEDDING_MIME]: payload,
    ...pictureOf(embeddingSvg(input, payload.categories, unionCodes(input.panels, namesOf(input.panels)))),
    "text/plain": describe(input),
  };
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
  return {
    title: input.title ?? "",
    cells,
    x: quantise(input.x, input.axes?.[0] ?? "UMAP 1"),
    y: quantise(input.y, input.axes?.[1] ?? "UMAP 2"),
    categories: names.map((name, c) => ({ name, color: colors[c] })),
    panels: input.panels.map((panel, p) => ({
      title: panel.title,
      codes: base64(names.length < 256 ? Uint8Array.from(codes[p]) : codes[p]),
      ...(panel.probabilities && {
        probabilities: base64(
          Uint8Array.from(panel.probabilities, (probability) => Math.round(255 * probability)),
        ),
      }),
    })),
    ...(input.cellIds && cells <= NAMED_CELLS && { cellIds: Array.from(input.cellIds) }),
  };
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

function quantise(values: ArrayLike<number>, label: string): QuantisedAxis {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    min = Math.min(min, values[i]);
    max = Math.max(max, values[i]);
  }
  const scale = max > min ? 65535 / (max - min) : 0;
  return {
    label,
    min,
    max,
    data: base64(Uint16Array.from(values, (value) => Math.round((value - min) * scale))),
  };
}

/** Node runs on little-endian machines only, so the array's own bytes are what the payload promises. */
function base64(values: Uint8Array | Uint16Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}

function check({ x, y, panels, cellIds }: EmbeddingInput): void {
  const cells = x.length;
  if (cells === 0 || y.length !== cells) {
    throw new Error(
      `The embedding has ${cells} x and ${y.length} y coordinates; expected as many, and some.`,
    );
  }
  for (let i = 0; i < cells; i++) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) {
      throw new Error(`Cell ${i} of the embedding lies at (${x[i]}, ${y[i]}); expected finite coordinates.`);
    }
  }
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

function describe({ title, x, panels }: EmbeddingInput): string {
  const lines = panels.map((panel) => {
    const sizes = panel.categories.map((name, c) => ({
      name,
      size: Array.from(panel.codes).filter((k) => k === c).length,
    }));
    const listed = sizes.sort((a, b) => b.size - a.size).map(({ name, size }) => `${name} ${size}`);
    return `${panel.title}: ${listed.slice(0, 8).join(", ")}${listed.length > 8 ? ", …" : ""}`;
  });
  return [`${title ?? "Embedding"}, ${x.length} cells`, ...lines].join("\n");
}
