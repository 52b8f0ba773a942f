import createScatterplot from "regl-scatterplot";
import { computedColor } from "../dom.js";
import { graphics } from "./graphics.js";
import { DIMMED, drawOrder, lookOf } from "./order.js";
import { BEHIND, OPACITIES, type Plot, type PlotOptions, pointSizes } from "./plot.js";

/** A plot whose camera can be tied to others'. */
export interface WebglPlot extends Plot {
  /** Calls back with the camera when the user moves it. */
  onMove(moved: (view: Float32Array) => void): void;
  /** Takes over another plot's camera. */
  follow(view: Float32Array): void;
}

/** Draws cells by WebGL, with zoom and drag; null where the browser has none. */
export function webglPlot({ canvas, side, embedding, panel, onHover }: PlotOptions): WebglPlot | null {
  const gl = graphics();
  if (!gl) return null;
  const behind = embedding.categories.length + 1;
  const [paper, pen] = [rgba(canvas, "backgroundColor"), rgba(canvas, "color")];
  const plot = createScatterplot({
    renderer: gl,
    canvas,
    width: side,
    height: side,
    aspectRatio: 1,
    backgroundColor: paper,
    colorBy: "valueZ",
    pointColor: [...embedding.categories.map(({ color }) => color), "#b4b4b4", BEHIND],
    pointColorHover: pen,
    pointColorActive: pen,
    sizeBy: "valueW",
    pointSize: pointSizes(embedding.cells),
    opacityBy: "valueW",
    opacity: OPACITIES,
    pointSizeSelected: 2,
    pointScaleMode: "asinh",
    pointOutlineWidth: 2,
    deselectOnDblClick: false,
    lassoInitiator: false,
  });
  /** Row of each point as drawn, and the point of each row: points are drawn in their order. */
  let order: Uint32Array = new Uint32Array(0);
  const pointOf = new Int32Array(embedding.cells).fill(-1);
  const draw = (picked: Uint8Array | null) => {
    order = drawOrder(embedding, panel, picked);
    order.forEach((cell, point) => {
      pointOf[cell] = point;
    });
    const looks = Uint8Array.from(order, (cell) => lookOf(cell, picked));
    return plot.draw(
      {
        x: Float32Array.from(order, (cell) => embedding.x[cell]),
        y: Float32Array.from(order, (cell) => embedding.y[cell]),
        z: Uint16Array.from(order, (cell, at) => (looks[at] === DIMMED ? behind : panel.codes[cell])),
        w: looks,
      },
      { zDataType: "categorical", wDataType: "categorical" },
    );
  };
  // One call at a time, each after the drawing before it: the library refuses some in between.
  let queue: Promise<unknown> = draw(null);
  const later = (what: () => unknown) => {
    queue = queue.then(() => (plot.get("isDestroyed") ? undefined : what()));
  };
  plot.subscribe("pointOver", (point) => onHover(order[point]));
  plot.subscribe("pointOut", () => onHover(null));

  return {
    show: (picked) => later(() => draw(picked)),
    mark: (cell) =>
      later(() =>
        cell === null || pointOf[cell] < 0
          ? plot.deselect({ preventEvent: true })
          : plot.select([pointOf[cell]], { preventEvent: true }),
      ),
    redraw: () => later(() => plot.redraw()),
    resize: (now) => later(() => plot.set({ width: now, height: now })),
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
