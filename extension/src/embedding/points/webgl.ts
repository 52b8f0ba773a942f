import { BEHIND, channelsOf, inOrder, type Pass, SINGLE, UNCOLORED } from "../../../../src/views/contract.js";
import { drawn, drawnFlags, type Places } from "../places.js";
import type { Plot, PlotOptions } from "../plot.js";
import { borrowPlaces, type PlaceBuffer, returnPlaces } from "./buffers.js";
import { graphics } from "./graphics.js";
import { CODE, PICK, PLACE, type Program, programsOf, ROW } from "./program.js";
import { type Painter, type Scene, Surface } from "./surface.js";

/** Draws cells by WebGL; null where the browser has none. */
export function webglPlot(options: PlotOptions): Plot | null {
  const gl = graphics();
  if (!gl) return null;
  options.canvas.dataset.drawnBy = "webgl";
  return new Surface(options, new WebglPainter(gl, options.places));
}

/** Cells on the card: places are uploaded once, codes when the colouring changes, flags when others are picked. */
class WebglPainter implements Painter {
  readonly #gl: WebGL2RenderingContext;
  readonly #places: Places;
  readonly #order: Uint32Array;
  readonly #place: PlaceBuffer;
  readonly #array: WebGLVertexArrayObject;
  readonly #codes: WebGLBuffer;
  readonly #picks: WebGLBuffer;
  readonly #palette: WebGLTexture;
  /** Colours in the palette. */
  #none = 0;

  constructor(gl: WebGL2RenderingContext, places: Places) {
    this.#gl = gl;
    this.#places = places;
    this.#order = drawn(places).order;
    this.#place = borrowPlaces(gl, places);
    this.#codes = gl.createBuffer();
    this.#picks = gl.createBuffer();
    this.#palette = gl.createTexture();
    this.#array = gl.createVertexArray();
    gl.bindVertexArray(this.#array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#place.buffer);
    gl.enableVertexAttribArray(PLACE);
    gl.vertexAttribPointer(PLACE, 2, gl.UNSIGNED_SHORT, true, 0, 0);
  }

  color(codes: Uint8Array | Uint16Array, palette: readonly string[]): void {
    const gl = this.#gl;
    this.#none = palette.length;
    const own = inOrder(codes, this.#order);
    gl.bindVertexArray(this.#array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#codes);
    gl.bufferData(gl.ARRAY_BUFFER, own, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(CODE);
    gl.vertexAttribIPointer(
      CODE,
      1,
      own.BYTES_PER_ELEMENT === 1 ? gl.UNSIGNED_BYTE : gl.UNSIGNED_SHORT,
      0,
      0,
    );

    const rows = Math.ceil((palette.length + 1) / ROW);
    const pixels = new Uint8Array(rows * ROW * 4);
    [...palette, UNCOLORED].forEach((color, c) => {
      pixels.set(channelsOf(color), 4 * c);
    });
    gl.bindTexture(gl.TEXTURE_2D, this.#palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, ROW, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  }

  show(picked: Uint8Array | null): void {
    const gl = this.#gl;
    gl.bindVertexArray(this.#array);
    if (!picked) {
      // Without an array each point has the attribute's default: not picked.
      gl.disableVertexAttribArray(PICK);
      return;
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#picks);
    gl.bufferData(gl.ARRAY_BUFFER, drawnFlags(this.#places, picked), gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(PICK);
    gl.vertexAttribIPointer(PICK, 1, gl.UNSIGNED_BYTE, 0, 0);
  }

  paint(target: CanvasRenderingContext2D, scene: Scene, took: (milliseconds: number) => void): void {
    const gl = this.#gl;
    if (gl.isContextLost()) return;
    const { side } = scene;
    const canvas = gl.canvas as HTMLCanvasElement;
    // It grows with the largest plot of the page: to make it fit each would take its memory anew each time.
    if (canvas.width < side) canvas.width = canvas.height = side;
    gl.viewport(0, 0, side, side);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(0, 0, side, side);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindVertexArray(this.#array);
    gl.vertexAttribI4ui(PICK, 0, 0, 0, 0);
    gl.bindTexture(gl.TEXTURE_2D, this.#palette);
    const { square, disc } = programsOf(gl);
    for (const pass of scene.passes)
      this.#draw(pass.size * scene.ratio <= SINGLE ? square : disc, pass, scene);
    target.clearRect(0, 0, side, side);
    target.drawImage(canvas, 0, canvas.height - side, side, side, 0, 0, side, side);
    timed(gl, took);
  }

  #draw({ program, at }: Program, pass: Pass, { window: { x, y, reach }, ratio, count }: Scene): void {
    const gl = this.#gl;
    const { from, across } = this.#place;
    const diameter = pass.size * ratio;
    gl.useProgram(program);
    gl.uniform2f(at.scale, across[0] / reach, across[1] / reach);
    gl.uniform2f(at.shift, (from[0] - x) / reach, (from[1] - y) / reach);
    gl.uniform1f(at.size, diameter <= SINGLE ? 1 : diameter + 1);
    gl.uniform1f(at.opacity, pass.opacity);
    gl.uniform1ui(at.none, this.#none);
    gl.uniform1ui(at.layers, pass.layers);
    const [r, g, b] = channelsOf(BEHIND);
    gl.uniform4f(at.behind, r / 255, g / 255, b / 255, Number(pass.behind));
    gl.drawArrays(gl.POINTS, 0, count);
  }

  destroy(): void {
    const gl = this.#gl;
    gl.deleteVertexArray(this.#array);
    gl.deleteBuffer(this.#codes);
    gl.deleteBuffer(this.#picks);
    gl.deleteTexture(this.#palette);
    returnPlaces(gl, this.#places);
  }
}

/** Tells how long the card takes for what it has been given: the page itself doesn't wait for it. */
function timed(gl: WebGL2RenderingContext, took: (milliseconds: number) => void): void {
  const started = performance.now();
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  if (!fence) return;
  const look = () => {
    const status = gl.isContextLost() ? gl.SIGNALED : gl.getSyncParameter(fence, gl.SYNC_STATUS);
    if (status !== gl.SIGNALED) {
      setTimeout(look, 4);
      return;
    }
    gl.deleteSync(fence);
    took(performance.now() - started);
  };
  setTimeout(look, 4);
}
