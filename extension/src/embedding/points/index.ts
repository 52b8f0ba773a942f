import type { Plot, PlotOptions } from "../plot.js";
import { canvasPlot } from "./canvas.js";
import { webglPlot } from "./webgl.js";

export { onGraphicsLost } from "./graphics.js";

/** Draws cells by WebGL, or by the processor where the browser has none. */
export function pointPlot(options: PlotOptions): Plot {
  return webglPlot(options) ?? canvasPlot(options);
}
