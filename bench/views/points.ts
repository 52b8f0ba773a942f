import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ascending, Crowd, passesOf } from "../../src/views/contract.js";
import { placesOf } from "../../src/views/embeddingDots.js";

/** Classes of the points; the last is rare. */
const CLASSES = 24;

/** What both sides draw alike. */
export interface Scene {
  cells: number;
  /** Side of the canvas, in pixels of CSS. */
  side: number;
  /** Diameter of a point. */
  size: number;
}

/**
 * Writes points for both: normal clusters of unequal size, the last of 0.05 %. The file holds x and y as float32, then the
 * classes as bytes.
 * @returns how large ours are drawn
 */
export function writePoints(path: string, cells: number, side: number): Scene {
  let state = 12345;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const clusters = Array.from({ length: CLASSES }, (_, k) => ({
    ...{ x: 10 * (uniform() - 0.5), y: 10 * (uniform() - 0.5) },
    ...{ width: 0.25 + 0.6 * uniform(), flat: 0.4 + uniform(), share: 1 / (1 + k) },
  }));
  clusters[CLASSES - 1].share = 0.0005 * clusters.reduce((sum, { share }) => sum + share, 0);
  const total = clusters.reduce((sum, { share }) => sum + share, 0);
  const [x, y, codes] = [new Float32Array(cells), new Float32Array(cells), new Uint8Array(cells)];
  for (let i = 0; i < cells; i++) {
    let [left, k] = [uniform() * total, 0];
    while (k < CLASSES - 1 && left > clusters[k].share) left -= clusters[k++].share;
    x[i] = clusters[k].x + clusters[k].width * normal();
    y[i] = clusters[k].y + clusters[k].width * clusters[k].flat * normal();
    codes[i] = k;
  }
  writeFileSync(path, Buffer.concat([x, y, codes].map(({ buffer }) => new Uint8Array(buffer))));
  const places = placesOf(x, y, 0.95);
  const crowd = new Crowd(places.x, places.y, ascending(cells), null);
  const [{ size }] = passesOf(crowd.density({ x: 0, y: 0, reach: 1 }) / (side / 2) ** 2, null, false);
  return { cells, side, size };
}

/** Who draws. "webgl": ours by WebGL, as on a machine with a graphics card, though it is emulated here. */
export const TOOLS = ["cellkernel", "webgl", "jupyter-scatter"] as const;
export type Tool = (typeof TOOLS)[number];

/** Writes a notebook: its first cell reads the points, its second shows them. */
export function writeNotebook(folder: string, tool: Tool, points: string, scene: Scene): string {
  mkdirSync(folder, { recursive: true });
  const ours = tool !== "jupyter-scatter";
  const cells = ours ? typescript(points, scene.cells) : python(points, scene);
  const kernelspec = ours
    ? { name: "cellkernel", display_name: "TypeScript (Cellkernel)", language: "typescript" }
    : { name: "jupyter-scatter", display_name: "jupyter-scatter", language: "python" };
  const name = `${tool}-${scene.cells}.ipynb`;
  const notebook = {
    ...{ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec } },
    cells: cells.map((source, i) => ({
      ...{ cell_type: "code", id: `cell-${i}`, source, metadata: {}, outputs: [], execution_count: null },
    })),
  };
  writeFileSync(join(folder, name), JSON.stringify(notebook));
  return name;
}

const typescript = (points: string, cells: number) => [
  `import { embeddingView } from "cellkernel";
import { readFileSync } from "node:fs";
const bytes = new Uint8Array(readFileSync("${points}")).buffer;
const x = new Float32Array(bytes, 0, ${cells});
const y = new Float32Array(bytes, ${4 * cells}, ${cells});
const codes = new Uint8Array(bytes, ${8 * cells});
const categories = Array.from({ length: ${CLASSES} }, (_, k) => "class " + k);`,
  'embeddingView({ x, y, panels: [{ title: "Class", categories, codes }] })',
];

/** Its opacity is left to it: it follows from density, as ours does, and a given one is drawn as good as invisible. */
const python = (points: string, { cells, side, size }: Scene) => [
  `import jscatter, numpy, pandas
data = open("${points}", "rb").read()
codes = numpy.frombuffer(data, "u1", ${cells}, ${8 * cells})
table = pandas.DataFrame({
    "x": numpy.frombuffer(data, "<f4", ${cells}), "y": numpy.frombuffer(data, "<f4", ${cells}, ${4 * cells}),
    "class": pandas.Categorical.from_codes(codes, [f"class {k}" for k in range(${CLASSES})])})`,
  `scatter = jscatter.Scatter(x="x", y="y", data=table, color_by="class", width=${side}, height=${side})
scatter.size(default=${size.toFixed(3)})
scatter.show()`,
];
