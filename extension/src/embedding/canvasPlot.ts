import { computedColor } from "../dom.js";
import { DIMMED, drawOrder, lookOf } from "./order.js";
import { BEHIND, OPACITIES, type Plot, type PlotOptions, pointSizes } from "./plot.js";

/** Draws cells on a plain canvas, where the browser has no WebGL: the same picture, with hover, without zoom. */
export function canvasPlot({ canvas, side: first, embedding, panel, onHover }: PlotOptions): Plot {
  const context = canvas.getContext("2d")!;
  const colors = [...embedding.categories.map(({ color }) => color), "#b4b4b4"];
  const sizes = pointSizes(embedding.cells);
  let side = first;
  let picked: Uint8Array | null = null;
  let order = drawOrder(embedding, panel, picked);
  let marked: number | null = null;

  const left = (cell: number) => ((embedding.x[cell] + 1) / 2) * side;
  const top = (cell: number) => ((1 - embedding.y[cell]) / 2) * side;
  const dot = (cell: number, diameter: number) => {
    context.beginPath();
    context.arc(left(cell), top(cell), diameter / 2, 0, 2 * Math.PI);
  };
  const redraw = () => {
    const density = window.devicePixelRatio;
    canvas.width = canvas.height = Math.floor(side * density);
    context.setTransform(density, 0, 0, density, 0, 0);
    for (const cell of order) {
      const look = lookOf(cell, picked);
      context.globalAlpha = OPACITIES[look];
      context.fillStyle = look === DIMMED ? BEHIND : colors[panel.codes[cell]];
      dot(cell, sizes[look]);
      context.fill();
    }
    if (marked === null) return;
    context.globalAlpha = 1;
    context.strokeStyle = `rgb(${computedColor(canvas, "color").join(" ")})`;
    context.lineWidth = 2;
    dot(marked, sizes[0] + 4);
    context.stroke();
  };

  const hover = (event: PointerEvent) => {
    const frame = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    let nearest: number | null = null;
    let least = Math.max(6, sizes[0]) ** 2;
    for (const cell of embedding.placed) {
      const squared = (left(cell) - x) ** 2 + (top(cell) - y) ** 2;
      if (squared < least && lookOf(cell, picked) !== DIMMED) [nearest, least] = [cell, squared];
    }
    onHover(nearest);
  };
  const leave = () => onHover(null);
  canvas.addEventListener("pointermove", hover);
  canvas.addEventListener("pointerleave", leave);
  redraw();

  return {
    show: (cells) => {
      picked = cells;
      order = drawOrder(embedding, panel, picked);
      redraw();
    },
    mark: (cell) => {
      marked = cell;
      redraw();
    },
    redraw,
    resize: (now) => {
      side = now;
      redraw();
    },
    reset: redraw,
    destroy: () => {
      canvas.removeEventListener("pointermove", hover);
      canvas.removeEventListener("pointerleave", leave);
    },
  };
}
