import createScatterplot, { createRenderer } from "regl-scatterplot";
import { computedColor } from "../dom.js";
import { type Plot, type PlotOptions, pointSize } from "./plot.js";

type Renderer = ReturnType<typeof createRenderer>;

/** One WebGL context for all plots of the page, since browsers allow only some 16; undefined where there is none. */
let shared: Renderer | null | undefined;

function renderer(): Renderer | null {
  if (shared === undefined || shared?.isDestroyed) {
    try {
      const created = createRenderer();
      shared = created.isSupported ? created : null;
    } catch {
      shared = null;
    }
  }
  return shared ?? null;
}

/** A plot whose camera can be tied to others'. */
export interface WebglPlot extends Plot {
  /** Calls back with the camera when the user moves it. */
  onMove(moved: (view: Float32Array) => void): void;
  /** Takes over another plot's camera. */
  follow(view: Float32Array): void;
}

/** Draws cells by WebGL, with zoom and drag; null where the browser has none. */
export function webglPlot({ canvas, side, embedding, panel, onHover }: PlotOptions): WebglPlot | null {
  const gl = renderer();
  if (!gl) return null;
  const dimmed = embedding.categories.length + 1;
  const [paper, pen] = [rgba(canvas, "backgroundColor"), rgba(canvas, "color")];
  const faint = paper.map((c, i) => 0.88 * c + 0.12 * pen[i]) as Rgba;
  const plot = createScatterplot({
    renderer: gl,
    canvas,
    width: side,
    height: side,
    aspectRatio: 1,
    backgroundColor: paper,
    colorBy: "category",
    pointColor: [...embedding.categories.map(({ color }) => color), "#b4b4b4", faint],
    pointColorHover: pen,
    pointColorActive: pen,
    pointSize: pointSize(embedding.cells),
    pointSizeSelected: 2,
    pointScaleMode: "asinh",
    pointOutlineWidth: 2,
    opacity: 0.9,
    deselectOnDblClick: false,
    lassoInitiator: false,
  });
  const draw = (codes: ArrayLike<number>) =>
    plot.draw({ x: embedding.x, y: embedding.y, category: codes }, { zDataType: "categorical" });
  // One call at a time, each after the drawing before it: the library refuses some in between.
  let queue: Promise<unknown> = draw(panel.codes);
  const later = (what: () => unknown) => {
    queue = queue.then(() => (plot.get("isDestroyed") ? undefined : what()));
  };
  plot.subscribe("pointOver", (cell) => onHover(cell));
  plot.subscribe("pointOut", () => onHover(null));

  return {
    show: (cells) =>
      later(() => {
        const focus = cells && new Set(cells);
        return draw(focus ? panel.codes.map((code, cell) => (focus.has(cell) ? code : dimmed)) : panel.codes);
      }),
    mark: (cell) =>
      later(() =>
        cell === null ? plot.deselect({ preventEvent: true }) : plot.select([cell], { preventEvent: true }),
      ),
    redraw: () => later(() => plot.redraw()),
    reset: () => later(() => plot.reset()),
    onMove: (moved) => {
      plot.subscribe("view", ({ view }) => moved(view));
    },
    follow: (view) => later(() => plot.view(Array.from(view), { preventEvent: true })),
    destroy: () => plot.destroy(),
  };
}

type Rgba = [number, number, number, number];

/** A colour of the page as the library takes it: 0 … 1. */
function rgba(node: HTMLElement, property: "color" | "backgroundColor"): Rgba {
  const [r, g, b] = computedColor(node, property);
  return [r / 255, g / 255, b / 255, 1];
}
