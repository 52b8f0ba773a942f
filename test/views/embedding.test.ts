import assert from "node:assert/strict";
import { test } from "node:test";
import { clippedRange } from "../../src/views/coloring.js";
import {
  type CategoryPanelData,
  decodeEmbedding,
  EMBEDDING_MIME,
  type EmbeddingPayload,
  type NumberPanelData,
  type QuantisedAxis,
  sequential,
  smoothed,
} from "../../src/views/contract.js";
import { embeddingPayload, embeddingView } from "../../src/views/embedding.js";
import { categoryColors, OTHERS, PALETTE } from "../../src/views/palette.js";
import type { EmbeddingInput } from "../../src/views/types.js";
import { decodePng } from "../support/png.js";

const CELLS = 300;
const three: EmbeddingInput = {
  title: "Three <clusters>",
  x: Float32Array.from({ length: CELLS }, (_, i) => 10 * (i % 3) + Math.sin(i)),
  y: Float32Array.from({ length: CELLS }, (_, i) => Math.cos(7 * i)),
  cellIds: Array.from({ length: CELLS }, (_, i) => `cell-${i}`),
  panels: [
    {
      title: "Truth",
      categories: ["a", "b", "c"],
      codes: Int32Array.from({ length: CELLS }, (_, i) => i % 3),
    },
    {
      title: "Prediction",
      categories: ["c", "a", "new"],
      codes: Int32Array.from({ length: CELLS }, (_, i) => (i % 3) - 1),
      probabilities: Float32Array.from({ length: CELLS }, (_, i) => i / (CELLS - 1)),
    },
  ],
};

function decode({ min, max, data }: QuantisedAxis): number[] {
  const bytes = Buffer.from(data, "base64");
  return Array.from(
    { length: bytes.length / 2 },
    (_, i) => min + (bytes.readUInt16LE(2 * i) / 65535) * (max - min),
  );
}

test("coordinates survive to half a quantisation step", () => {
  const { x } = embeddingPayload(three);
  const step = (x.max - x.min) / 65535;
  decode(x).forEach((value, i) => {
    assert.ok(Math.abs(value - three.x[i]) <= step * 0.501, `cell ${i}`);
  });
});

test("panels share one table of categories; none is the number after the last", () => {
  const { categories, panels, cellIds } = embeddingPayload(three) as EmbeddingPayload & {
    panels: CategoryPanelData[];
  };
  assert.deepEqual(
    categories.map(({ name }) => name),
    ["a", "b", "c", "new"],
  );
  assert.equal(new Set(categories.map(({ color }) => color)).size, 4);
  assert.deepEqual([...Buffer.from(panels[0].codes, "base64")].slice(0, 3), [0, 1, 2]);
  assert.deepEqual([...Buffer.from(panels[1].codes, "base64")].slice(0, 3), [4, 2, 0], "none, c, a");
  assert.equal(Buffer.from(panels[1].probabilities!, "base64").at(-1), 255);
  assert.equal(cellIds?.[299], "cell-299");
});

/** 1 … 101, in no order, with zeros and a missing value: without the zeros, percentiles are whole numbers. */
const measured = [0, Number.NaN, 0, ...Array.from({ length: 101 }, (_, i) => ((i * 37) % 101) + 1), 0];

test("a number's palette ends at the 1st and 99th percentile of what is not 0", () => {
  const x = measured.map((_, i) => i);
  const panels = [{ title: "CD3D", values: measured }];
  const { panels: sent, categories } = embeddingPayload({ x, y: x, panels });
  const [panel] = sent as [NumberPanelData];
  assert.deepEqual([panel.min, panel.max], [2, 100]);
  assert.deepEqual(categories, []);
  const { panels: decoded } = decodeEmbedding(embeddingPayload({ x, y: x, panels }));
  assert.deepEqual(decoded[0].range, { min: 2, max: 100 });
  const shadeOf = (value: number) => decoded[0].codes[measured.indexOf(value)];
  assert.deepEqual([shadeOf(1), shadeOf(2), shadeOf(51), shadeOf(100), shadeOf(101)], [0, 0, 127, 254, 254]);
  assert.deepEqual(
    [...decoded[0].codes.subarray(0, 3)],
    [0, 255, 0],
    "what is 0 lies below, what is missing nowhere",
  );
  const given = embeddingPayload({ x, y: x, panels: [{ ...panels[0], range: [0, 254] }] });
  assert.equal(decodeEmbedding(given).panels[0].codes[measured.indexOf(77)], 77);
  assert.deepEqual(clippedRange([0, 3, 3]), [0, 3]);
  assert.deepEqual(clippedRange([0, -3]), [-3, 0]);
  assert.deepEqual(clippedRange([0, Number.NaN]), [0, 0]);
});

test("a number is drawn from the palette's least to its most, beside its bar", () => {
  const x = [0, 0.5, 1];
  const bundle = embeddingView({ x, y: x, panels: [{ title: "CD3D", values: [0, 1, 2], range: [0, 2] }] });
  assert.match(String(bundle["text/plain"]), /CD3D: 0\.00 to 2\.00/);
  const { width, channels, data } = decodePng(Buffer.from(String(bundle["image/png"]), "base64"));
  const at = (px: number, py: number) => [...data.subarray((py * width + px) * channels).subarray(0, 3)];
  // Two pixels a unit; the panel begins at (12, 34) and is 380 wide; the cells lie 8 from its edge.
  const cell = (share: number) => at(2 * (12 + 8 + share * 364), 2 * (34 + 372 - share * 364));
  assert.deepEqual(cell(0), [0xe9, 0xe5, 0xc9]);
  assert.deepEqual(cell(1), [0x08, 0x1d, 0x58]);
});

test("a panel that shares no category with the others has its own", () => {
  const donors = {
    ...{ title: "Donor", categories: ["d1", "d2"] },
    codes: Array.from({ length: CELLS }, (_, i) => (i % 3) % 2),
  };
  const panels = [...three.panels, donors];
  const payload = embeddingPayload({ ...three, panels, more: [panels[2]], tooltip: [panels[2]] });
  assert.deepEqual(
    payload.categories.map(({ name }) => name),
    ["a", "b", "c", "new"],
  );
  const { panels: decoded, more, tooltip } = decodeEmbedding(payload);
  for (const panel of [decoded[2], more[0], tooltip[0]]) {
    assert.deepEqual(
      panel.categories?.map(({ name }) => name),
      ["d1", "d2"],
    );
    assert.deepEqual([...panel.codes.subarray(0, 4)], [0, 1, 0, 0]);
  }
  assert.equal(decoded[0].categories?.length, 4);
});

test("cells are rows of a table, whose views share a selection", () => {
  const rows = Array.from({ length: CELLS }, (_, i) => 1000 - i);
  const payload = embeddingPayload({ ...three, table: { id: "cells", rows } }, "map");
  assert.equal(payload.table?.id, "cells");
  assert.equal(payload.view, "map");
  assert.deepEqual([...decodeEmbedding(payload).rows], rows);
  assert.throws(
    () => embeddingPayload({ ...three, table: { id: "cells", rows: [1] } }),
    /1 rows of the table for 300/,
  );
});

test("100,000 cells in two panels with probabilities stay under 1 MB", () => {
  const cells = 100_000;
  const ids = { length: cells };
  const codes = Int32Array.from(ids, (_, i) => i % 36);
  const categories = Array.from({ length: 36 }, (_, i) => `type ${i}`);
  const payload = embeddingPayload({
    x: Float32Array.from(ids, (_, i) => Math.sin(i)),
    y: Float32Array.from(ids, (_, i) => Math.cos(i)),
    cellIds: Array.from(ids, (_, i) => `AAACATTGAGCTAC-${i}`),
    panels: [
      { title: "Truth", categories, codes },
      { title: "Prediction", categories, codes, probabilities: new Float32Array(cells).fill(0.5) },
    ],
  });
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  assert.ok(bytes < 1e6, `${bytes} bytes`);
  assert.equal(payload.cellIds, undefined);
});

test("the picture shows each category's colour where its cells are, and text stands beside it", () => {
  const bundle = embeddingView(three);
  const { width, channels, data } = decodePng(Buffer.from(bundle["image/png"] as string, "base64"));
  const columns = new Map<string, number[]>();
  for (let p = 0; p < data.length; p += channels) {
    const color = `#${Buffer.from(data.subarray(p, p + 3)).toString("hex")}`;
    const x = (p / channels) % width;
    // The left panel only: its side is 380 pixels at twice the density.
    if (x >= 2 * 392) continue;
    if (!columns.has(color)) columns.set(color, []);
    columns.get(color)!.push(x);
  }
  const means = PALETTE.slice(0, 3).map((color) => {
    const xs = columns.get(color) ?? [];
    assert.ok(xs.length > 1000, `${color} fills ${xs.length} pixels`);
    return xs.reduce((total, x) => total + x, 0) / xs.length;
  });
  assert.ok(means[0] < means[1] - 100 && means[1] < means[2] - 100, `clusters from left to right: ${means}`);
  assert.ok(EMBEDDING_MIME in bundle);
  assert.match(bundle["text/plain"] as string, /^Three <clusters>, 300 cells\nTruth: a 100, b 100, c 100/);
});

test("cells without coordinates are counted and not drawn; one cell lies in the middle; none are no error", () => {
  const [truth] = three.panels;
  const x = Float32Array.from(three.x);
  x[7] = Number.NaN;
  x[9] = Number.POSITIVE_INFINITY;
  const payload = embeddingPayload({ ...three, x });
  assert.deepEqual(payload.unplaced, [7, 9]);
  const finite = Array.from(x).filter(Number.isFinite);
  assert.deepEqual([payload.x.min, payload.x.max], [Math.min(...finite), Math.max(...finite)]);
  assert.match(
    embeddingView({ ...three, x })["text/plain"] as string,
    /300 cells, 2 of them without coordinates/,
  );
  const one = embeddingPayload({ x: [3], y: [4], panels: [{ ...truth, codes: [0] }] });
  assert.deepEqual([...decodeEmbedding(one).x].map(Math.fround), [Math.fround(32767 / 65535)]);
  assert.match(
    embeddingView({ x: [], y: [], panels: [{ ...truth, codes: [] }] })["text/plain"] as string,
    /0 cells/,
  );
});

test("the loss is smoothed by a debiased exponential moving average", () => {
  const points = [4, 2, 1].map((loss, i) => ({ step: i + 1, loss }));
  // Three points: a span of 1, which is the points themselves.
  assert.deepEqual(smoothed(points), points);
  // A hundred: a span of 20, weight 19/21. Alternating 0 and 2 come to near 1.
  const many = Array.from({ length: 100 }, (_, i) => ({ step: i + 1, loss: 2 * (i % 2) }));
  const course = smoothed(many);
  assert.equal(course[0].loss, 0);
  assert.ok(Math.abs(course[1].loss - 2 / (1 + 19 / 21)) < 1e-4, `${course[1].loss}`);
  assert.ok(Math.abs(course[99].loss - 1) < 0.06, `${course[99].loss}`);
  assert.deepEqual(smoothed([{ step: 1, loss: Number.NaN }]), []);
});

test("wrong input is named", () => {
  const [truth] = three.panels;
  assert.throws(() => embeddingPayload({ ...three, y: [1] }), /300 x and 1 y coordinates/);
  assert.throws(
    () => embeddingPayload({ ...three, panels: [{ ...truth, categories: ["a"] }] }),
    /Panel "Truth" has 300 codes for 300 cells, among them 1; expected −1 to 0/,
  );
  assert.throws(() => embeddingPayload({ ...three, panels: [] }), /Expected 1 to 3 panels, got 0/);
});

/** sRGB to OKLab (Ottosson 2020) after Machado et al.'s (2009) matrix for one kind of vision, in linear light. */
function seen(color: string, vision: readonly number[]): number[] {
  const linear = [1, 3, 5].map((at) => {
    const c = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const times = (matrix: readonly number[], v: number[]) =>
    [0, 3, 6].map((row) => matrix[row] * v[0] + matrix[row + 1] * v[1] + matrix[row + 2] * v[2]);
  const light = times(vision, linear).map((c) => Math.min(1, Math.max(0, c)));
  const lms = times(
    [
      0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566, 0.0883024619,
      0.2817188376, 0.6299787005,
    ],
    light,
  ).map(Math.cbrt);
  return times(
    [
      0.2104542553, 0.793617785, -0.0040720468, 1.9779984951, -2.428592205, 0.4505937099, 0.0259040371,
      0.7827717662, -0.808675766,
    ],
    lms,
  );
}

const VISIONS = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

test("30 colours stay apart in every kind of vision, 10 well apart", () => {
  // 0.02 in OKLab is about what the eye just tells apart.
  for (const [name, vision] of Object.entries(VISIONS)) {
    const colors = PALETTE.map((color) => seen(color, vision));
    for (const [count, least] of [
      [10, 0.07],
      [30, 0.05],
    ]) {
      for (let a = 0; a < count; a++) {
        for (let b = 0; b < a; b++) {
          const distance = Math.hypot(...colors[a].map((c, i) => c - colors[b][i]));
          assert.ok(distance > least, `${name}: ${PALETTE[b]} and ${PALETTE[a]} are ${distance} apart`);
        }
      }
    }
  }
});

test("more categories than colours: the smallest are grey", () => {
  const sizes = Array.from({ length: PALETTE.length + 2 }, (_, i) => 100 + i);
  const colors = categoryColors(sizes);
  assert.deepEqual(colors.slice(0, 3), [OTHERS, OTHERS, PALETTE[0]]);
  assert.equal(new Set(colors).size, PALETTE.length + 1);
});

test("what the library encodes the page decodes: to a 65,536th of the axis, a 255th of a probability, codes exactly", () => {
  for (const categories of [3, 300]) {
    const names = Array.from({ length: categories }, (_, i) => `type ${i}`);
    const codes = Int32Array.from({ length: CELLS }, (_, i) => (i % 7 === 0 ? -1 : (i * 31) % categories));
    const probabilities = Float32Array.from({ length: CELLS }, (_, i) => i / CELLS);
    const x = Float32Array.from({ length: CELLS }, (_, i) => Math.sin(i));
    const input = { x, y: x, panels: [{ title: "Truth", categories: names, codes, probabilities }] };
    const decoded = decodeEmbedding(embeddingPayload(input));
    const [low, high] = [Math.min(...x), Math.max(...x)];
    assert.ok(decoded.x.every((share, i) => Math.abs(low + share * (high - low) - x[i]) < 2e-5));
    assert.deepEqual(
      [...decoded.panels[0].codes],
      [...codes].map((code) => (code < 0 ? categories : code)),
    );
    assert.ok(decoded.panels[0].probabilities!.every((p, i) => Math.abs(p - probabilities[i]) < 1 / 500));
  }
});

test("the palette of numbers can be matplotlib's viridis", () => {
  // matplotlib 3.11: viridis(0), viridis(128), viridis(255), and viridis(64) is #3b528b.
  const viridis = sequential("dark", "viridis");
  const at = (share: number) => viridis[Math.round(share * (viridis.length - 1))];
  assert.deepEqual([at(0), at(0.5), at(1)], ["#440154", "#21918c", "#fde725"]);
  const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(at(0.25).slice(i, i + 2), 16));
  assert.ok(Math.abs(r - 59) + Math.abs(g - 82) + Math.abs(b - 139) < 6, at(0.25));
  assert.deepEqual(viridis, sequential("light", "viridis"));
});
