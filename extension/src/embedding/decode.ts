import type { EmbeddingPayload } from "../../../src/views/payloads.js";

/** One colouring of the cells, decoded. */
export interface Panel {
  title: string;
  /** [cells]: index into the categories; `categories.length` is none. */
  codes: Uint8Array | Uint16Array;
  /** [cells], 0 … 1. */
  probabilities?: Float32Array;
}

/** An embedding ready to draw. */
export interface Embedding {
  title: string;
  cells: number;
  axes: [string, string];
  /** [cells] each, −0.95 … 0.95, so that no point is cut by the frame. */
  x: Float32Array;
  y: Float32Array;
  categories: { name: string; color: string }[];
  panels: Panel[];
  cellIds?: string[];
}

/**
 * Decodes a payload as it comes from a notebook, which anyone may have written.
 * @throws when it is not one, or its parts disagree in length.
 */
export function decode(payload: EmbeddingPayload): Embedding {
  const { cells, categories } = payload;
  const wide = categories.length >= 256;
  const lengths: number[] = [];
  const uint16 = (data: string): Uint16Array => {
    const bytes = bytesOf(data);
    const values = Uint16Array.from(
      { length: bytes.length >> 1 },
      (_, i) => bytes[2 * i] | (bytes[2 * i + 1] << 8),
    );
    lengths.push(values.length);
    return values;
  };
  const uint8 = (data: string): Uint8Array => {
    const bytes = bytesOf(data);
    lengths.push(bytes.length);
    return bytes;
  };
  const centred = (data: string) => Float32Array.from(uint16(data), (value) => (value / 65535 - 0.5) * 1.9);
  const embedding = {
    title: payload.title,
    cells,
    axes: [payload.x.label, payload.y.label] as [string, string],
    x: centred(payload.x.data),
    y: centred(payload.y.data),
    categories: categories.map(({ name, color }) => ({
      name,
      color: /^#[\da-f]{6}$/i.test(color) ? color : "#b4b4b4",
    })),
    panels: payload.panels.map((panel) => ({
      title: panel.title,
      codes: wide ? uint16(panel.codes) : uint8(panel.codes),
      ...(panel.probabilities && {
        probabilities: Float32Array.from(uint8(panel.probabilities), (value) => value / 255),
      }),
    })),
    ...(payload.cellIds && { cellIds: payload.cellIds }),
  };
  if (lengths.some((length) => length !== cells)) {
    throw new Error(`The embedding's data hold ${lengths.join(", ")} values for ${cells} cells.`);
  }
  return embedding;
}

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  return Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}
