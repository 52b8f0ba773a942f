import type { Plot, PlotOptions } from "../plot.js";
import { canvasPlot } from "./canvas.js";
import { webglPlot } from "./webgl.js";

export { onGraphicsLost } from "./graphics.js";

/** Draws cells by WebGL, or by the processor where no graphics card is behind it. */
export function pointPlot(options: PlotOptions): Plot {
  return webglPlot(options) ?? canvasPlot(options);
}
