import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Crowd,
  type Dots,
  NONE,
  NORMAL,
  type Pass,
  PICKED,
  packed,
  passesOf,
  Raster,
  unpacked,
} from "../../src/views/contract.js";
import { fewColors } from "../../src/views/fewColors.js";
import { encodeIndexed } from "../../src/views/png.js";
import { decodePng } from "../support/png.js";

/** How large, opaque and where cells are drawn. */

const ALL = { x: 0, y: 0, reach: 1 };

/** A lattice of cells over a square about a middle. */
function lattice(columns: number, half: number, x = 0, y = 0): { x: Float32Array; y: Float32Array } {
  const along = (i: number) => half * ((2 * i + 1) / columns - 1);
  return {
    x: Float32Array.from({ length: columns ** 2 }, (_, i) => x + along(i % columns)),
    y: Float32Array.from({ length: columns ** 2 }, (_, i) => y + along(Math.floor(i / columns))),
  };
}

const each = (size: number) => Uint32Array.from({ length: size }, (_, i) => i);

test("density is that of where cells are, in view and among those that count", () => {
  const { x, y } = lattice(200, 0.5, 0.5, 0.5);
  const crowd = new Crowd(x, y, each(40_000), null);
  // 40,000 cells on a unit of area in the upper right quarter; nothing elsewhere.
  assert.ok(Math.abs(crowd.density(ALL) / 40_000 - 1) < 0.02, `${crowd.density(ALL)}`);
  assert.ok(Math.abs(crowd.density({ x: 0.5, y: 0.5, reach: 0.1 }) / 40_000 - 1) < 0.1);
  assert.equal(crowd.density({ x: -0.5, y: -0.5, reach: 0.1 }), 0);
  const fourth = Uint8Array.from({ length: 40_000 }, (_, i) => Number(i % 4 === 0));
  assert.ok(Math.abs(new Crowd(x, y, each(40_000), fourth).density(ALL) / 10_000 - 1) < 0.15);
});

test("few cells are large and opaque, many small, more than pixels faint", () => {
  const [few, some, many, most] = [0.001, 0.3, 2, 20].map((density) => passesOf(density, null, false)[0]);
  assert.deepEqual([few.size, few.opacity], [6, 1]);
  assert.equal(some.opacity, 1);
  assert.ok(some.size < few.size && some.size > 1);
  assert.deepEqual([many.size, most.size], [1, 1]);
  assert.ok(most.opacity < 0.2, `${most.opacity}`);
  // Where 20 of them lie on a pixel, it is nearly as opaque as where one does that is alone.
  const seen = 1 - (1 - most.opacity) ** 20;
  assert.ok(seen > 0.88 && seen < 0.99, `${seen}`);
});

test("the picked are a layer above the others, larger and more opaque", () => {
  assert.deepEqual(
    passesOf(1, null, true).map(({ layers }) => layers),
    [NONE, NORMAL],
  );
  const [behind, picked] = passesOf(1, 0.01, true);
  assert.deepEqual([behind.layers, picked.layers], [NONE | NORMAL, PICKED]);
  assert.ok(picked.size >= behind.size + 1 && picked.opacity > 0.9 && behind.opacity < 0.3);
});

const dots = (x: Float32Array, y: Float32Array): Dots => ({
  ...{ x, y, codes: new Uint8Array(x.length), palette: ["#ff0000"], picked: null },
});
const pass: Pass = { size: 8, opacity: 1, layers: NORMAL, behind: false };

test("a disc covers its area, about its middle, upwards for larger y", () => {
  const raster = new Raster(40);
  raster.draw(dots(Float32Array.of(0.5), Float32Array.of(0.25)), ALL, pass, 1, 1);
  const bytes = raster.bytes();
  let [area, across, down] = [0, 0, 0];
  for (let p = 0; p < 1600; p++) {
    const covered = bytes[4 * p + 3] / 255;
    area += covered;
    across += covered * ((p % 40) + 0.5);
    down += covered * (Math.floor(p / 40) + 0.5);
    if (covered > 0) assert.deepEqual([...bytes.subarray(4 * p, 4 * p + 3)], [255, 0, 0]);
  }
  assert.ok(Math.abs(area / (Math.PI * 16) - 1) < 0.03, `${area}`);
  assert.ok(Math.abs(across / area - 30) < 0.05 && Math.abs(down / area - 15) < 0.05);
});

test("a million cells on a plot stay shades, and their middle is no darker than it must be", () => {
  // A normal crowd by Box and Muller over a linear congruential generator.
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  const size = 1_000_000;
  const [x, y] = [new Float32Array(size), new Float32Array(size)];
  for (let i = 0; i < size; i++) {
    const radius = 0.22 * Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    x[i] = radius * Math.cos(angle);
    y[i] = radius * Math.sin(angle);
  }
  const side = 360;
  const crowd = new Crowd(x, y, each(size), null);
  const [all] = passesOf(crowd.density(ALL) / (side / 2) ** 2, null, false);
  const raster = new Raster(side);
  raster.draw(dots(x, y), ALL, all, size, 1);
  const bytes = raster.bytes();
  const shades = new Uint32Array(256);
  for (let p = 3; p < bytes.length; p += 4) if (bytes[p] > 0) shades[bytes[p]]++;
  const inked = shades.reduce((sum, count) => sum + count, 0);
  const full = shades.subarray(250).reduce((sum, count) => sum + count, 0);
  assert.ok(full / inked < 0.35, `${((100 * full) / inked).toFixed()} % are opaque`);
  assert.ok(shades.filter((count) => count > 0).length > 15, "many shades");
});

test("codes take as many bits as they need, the lowest first", () => {
  // 1, 2, 3, 0, 2: 01 10 11 00 from the right, then 10.
  assert.deepEqual([...packed([1, 2, 3, 0, 2], 2)], [0b00111001, 0b10]);
  assert.deepEqual([...unpacked(Uint8Array.of(0b00111001, 0b10), 2, 5)], [1, 2, 3, 0, 2]);
  const wide = Uint16Array.from({ length: 1000 }, (_, i) => (i * 37) % 501);
  assert.deepEqual(unpacked(packed(wide, 9), 9, 1000), wide);
});

test("a picture in few colours keeps those of few pixels, and those that it has", () => {
  // 60,000 shades of grey and blue, and 30 pixels of pure green.
  const pixels = Array.from({ length: 60_000 }, (_, i) => [i % 256, i % 256, (i >> 3) % 256, 255]);
  for (let i = 0; i < 30; i++) pixels[2000 * i] = [0, 255, 0, 255];
  const { palette, indices } = fewColors(Uint8Array.from(pixels.flat()));
  assert.equal(palette.length, 3 * 256);
  let worst = 0;
  pixels.forEach(([r, g, b], i) => {
    const [pr, pg, pb] = palette.subarray(3 * indices[i], 3 * indices[i] + 3);
    if (g === 255 && r === 0) assert.deepEqual([pr, pg, pb], [0, 255, 0]);
    worst = Math.max(worst, Math.hypot(r - pr, g - pg, b - pb));
  });
  assert.ok(worst < 24, `off by ${worst}`);
  const exact = Uint8Array.from([10, 20, 30, 255, 200, 100, 50, 255]);
  const few = fewColors(exact);
  assert.deepEqual(
    [...few.indices].flatMap((c) => [...few.palette.subarray(3 * c, 3 * c + 3)]),
    [10, 20, 30, 200, 100, 50],
  );
});

test("a PNG of few colours is read as it was written", () => {
  const size = 40 * 30;
  const rgba = Uint8Array.from({ length: 4 * size }, (_, i) => (i % 4 === 3 ? 255 : (i >> 8) * 8));
  const { width, height, channels, data } = decodePng(encodeIndexed(rgba, 40, 30));
  assert.deepEqual([width, height, channels], [40, 30, 3]);
  assert.deepEqual(
    data,
    rgba.filter((_, i) => i % 4 !== 3),
  );
});

test("of 100,000 cells, 300 that are picked are all seen", () => {
  const { x, y } = lattice(317, 0.9);
  const rare = Uint32Array.from({ length: 300 }, (_, i) => (i % 20) * 15 + Math.floor(i / 20) * 20 * 317);
  const codes = new Uint8Array(x.length).fill(1);
  const picked = new Uint8Array(x.length);
  for (const cell of rare) {
    codes[cell] = 0;
    picked[cell] = 1;
  }
  const side = 400;
  const density = (of: Uint8Array | null) =>
    new Crowd(x, y, each(x.length), of).density(ALL) / (side / 2) ** 2;
  const raster = new Raster(side);
  const all: Dots = { x, y, codes, palette: ["#0000ff", "#ff0000"], picked };
  for (const one of passesOf(density(null), density(picked), false)) raster.draw(all, ALL, one, x.length, 1);
  const bytes = raster.bytes();
  for (const cell of rare) {
    const [column, row] = [((x[cell] + 1) / 2) * side, ((1 - y[cell]) / 2) * side].map(Math.floor);
    const [red, , blue, opacity] = bytes.subarray(4 * (row * side + column), 4 * (row * side + column) + 4);
    assert.ok(blue > 200 && red < 50 && opacity > 200, `cell ${cell}`);
  }
});
