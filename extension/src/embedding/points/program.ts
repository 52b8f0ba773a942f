import { NONE, NORMAL, PICKED } from "../../../../src/views/contract.js";

/** Where the attributes of a point are bound. */
export const PLACE = 0;
export const CODE = 1;
export const PICK = 2;

/** Colours stand in a texture in rows of so many. */
export const ROW = 256;

/** Names of the uniforms. */
const UNIFORMS = ["scale", "shift", "size", "opacity", "none", "layers", "behind", "palette"] as const;
export type Uniform = (typeof UNIFORMS)[number];

/** A compiled program with its uniforms. */
export interface Program {
  program: WebGLProgram;
  at: Record<Uniform, WebGLUniformLocation | null>;
}

/** A point that doesn't belong to the pass lies outside the view, where it costs no pixel. */
const VERTEX = `#version 300 es
layout(location = ${PLACE}) in vec2 place;
layout(location = ${CODE}) in uint code;
layout(location = ${PICK}) in uint picked;
uniform vec2 scale;
uniform vec2 shift;
uniform float size;
uniform float opacity;
uniform uint none;
uniform uint layers;
uniform vec4 behind;
uniform sampler2D palette;
flat out vec4 color;
void main() {
  uint layer = picked > 0u ? ${PICKED}u : code < none ? ${NORMAL}u : ${NONE}u;
  bool drawn = (layers & layer) != 0u;
  gl_Position = drawn ? vec4(place * scale + shift, 0, 1) : vec4(2, 2, 2, 1);
  gl_PointSize = size;
  uint c = min(code, none);
  vec3 own = texelFetch(palette, ivec2(c % ${ROW}u, c / ${ROW}u), 0).rgb;
  color = vec4(mix(own, behind.rgb, behind.a), 1) * opacity;
}`;

/** Squares for points of a pixel, the cheapest there is. */
const SQUARE = `#version 300 es
precision mediump float;
flat in vec4 color;
out vec4 shown;
void main() {
  shown = color;
}`;

/** Discs whose edge is as soft as a pixel is wide; the point is a pixel wider than the disc. */
const DISC = `#version 300 es
precision highp float;
flat in vec4 color;
uniform float size;
out vec4 shown;
void main() {
  shown = color * clamp((0.5 - length(gl_PointCoord - 0.5)) * size, 0.0, 1.0);
}`;

const programs = new WeakMap<WebGL2RenderingContext, { square: Program; disc: Program }>();

/** The programs of a context, compiled when first asked for. */
export function programsOf(gl: WebGL2RenderingContext): { square: Program; disc: Program } {
  const known = programs.get(gl);
  if (known) return known;
  const made = { square: compiled(gl, SQUARE), disc: compiled(gl, DISC) };
  programs.set(gl, made);
  return made;
}

function compiled(gl: WebGL2RenderingContext, fragment: string): Program {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  const at = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]));
  return { program, at: at as Program["at"] };
}
