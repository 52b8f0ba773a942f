import { inOrder, Raster } from "../../../../src/views/contract.js";
import { drawn, drawnFlags } from "../places.js";
import type { Plot, PlotOptions } from "../plot.js";
import { type Painter, type Scene, Surface } from "./surface.js";

/** One for the whole page: a plot needs it only while it draws. */
let raster: Raster | undefined;

/** Draws cells by the processor, where the browser has no WebGL or emulates it. */
export function canvasPlot(options: PlotOptions): Plot {
  const { order, x, y } = drawn(options.places);
  let codes: Uint8Array | Uint16Array = new Uint8Array(0);
  let palette: readonly string[] = [];
  let picked: Uint8Array | null = null;

  const paint = (target: CanvasRenderingContext2D, scene: Scene) => {
    if (raster?.side === scene.side) raster.clear();
    else raster = new Raster(scene.side);
    const dots = { x, y, codes, palette, picked };
    for (const pass of scene.passes) raster.draw(dots, scene.window, pass, scene.count, scene.ratio);
    target.putImageData(new ImageData(raster.bytes(), scene.side, scene.side), 0, 0);
  };
  const painter: Painter = {
    color: (given, colors) => {
      codes = inOrder(given, order);
      palette = colors;
    },
    show: (given) => {
      picked = given && drawnFlags(options.places, given);
    },
    paint: (target, scene, took) => {
      const started = performance.now();
      paint(target, scene);
      took(performance.now() - started);
    },
    destroy: () => {},
  };
  options.canvas.dataset.drawnBy = "canvas";
  return new Surface(options, painter);
}
