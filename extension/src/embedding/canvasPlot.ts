import { computedColor } from "../dom.js";
import { type Plot, type PlotOptions, pointSize } from "./plot.js";

/** Colour of the cells that are not in the focus. */
const DIMMED = "#8884";

/** Draws cells on a plain canvas, where the browser has no WebGL: the same picture, with hover, without zoom. */
export function canvasPlot({ canvas, side, embedding, panel, onHover }: PlotOptions): Plot {
  const density = window.devicePixelRatio;
  canvas.width = side * density;
  canvas.height = side * density;
  const context = canvas.getContext("2d")!;
  const colors = [...embedding.categories.map(({ color }) => color), "#b4b4b4"];
  const size = pointSize(embedding.cells);
  const px = embedding.x.map((x) => ((x + 1) / 2) * side);
  const py = embedding.y.map((y) => ((1 - y) / 2) * side);
  let shown: Set<number> | null = null;
  let marked: number | null = null;

  const dot = (cell: number, diameter: number) => {
    context.beginPath();
    context.arc(px[cell], py[cell], diameter / 2, 0, 2 * Math.PI);
  };
  const redraw = () => {
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, side, side);
    for (const focus of [false, true]) {
      for (let cell = 0; cell < embedding.cells; cell++) {
        const inFocus = !shown || shown.has(cell);
        if (inFocus !== focus) continue;
        context.fillStyle = inFocus ? colors[panel.codes[cell]] : DIMMED;
        dot(cell, size);
        context.fill();
      }
    }
    if (marked !== null) {
      context.strokeStyle = `rgb(${computedColor(canvas, "color").join(" ")})`;
      context.lineWidth = 2;
      dot(marked, size + 4);
      context.stroke();
    }
  };

  const hover = (event: PointerEvent) => {
    const frame = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    let nearest: number | null = null;
    let least = Math.max(6, size) ** 2;
    for (let cell = 0; cell < embedding.cells; cell++) {
      const squared = (px[cell] - x) ** 2 + (py[cell] - y) ** 2;
      if (squared < least && (!shown || shown.has(cell))) [nearest, least] = [cell, squared];
    }
    onHover(nearest);
  };
  const leave = () => onHover(null);
  canvas.addEventListener("pointermove", hover);
  canvas.addEventListener("pointerleave", leave);
  redraw();

  return {
    show: (cells) => {
      shown = cells && new Set(cells);
      redraw();
    },
    mark: (cell) => {
      marked = cell;
      redraw();
    },
    redraw,
    reset: redraw,
    destroy: () => {
      canvas.removeEventListener("pointermove", hover);
      canvas.removeEventListener("pointerleave", leave);
    },
  };
}
