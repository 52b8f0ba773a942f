import { svg } from "../svg.js";
import { type Camera, seenAt } from "./camera.js";
import { type Coloring, NONE } from "./decode.js";
import { drawn, type Places } from "./places.js";

/** What a picture of the view holds, as it is seen. Lengths in CSS pixels. */
export interface Picture {
  side: number;
  camera: Camera;
  places: Places;
  picked: Uint8Array | null;
  panels: {
    coloring: Coloring;
    palette: readonly string[];
    canvas: HTMLCanvasElement;
    names: { text: string; left: number; top: number }[];
  }[];
  paper: string;
  pen: string;
}

const GAP = 20;
const TOP = 26;
const ROW = 18;
const KEY = 220;
/** So many classes have room beside a plot. */
const rowsOf = (side: number) => Math.floor(side / ROW);

/** The classes that stand beside the plots: the first colouring's by size. */
function keyOf({ panels, side }: Picture): { name: string; color: string }[] {
  const classes = panels.find(({ coloring }) => coloring.categories);
  if (!classes) return [];
  const { coloring, palette } = classes;
  const sizes = new Uint32Array(coloring.categories!.length + 1);
  for (const code of coloring.codes) sizes[Math.min(code, sizes.length - 1)]++;
  const order = coloring.categories!.map((_, c) => c).sort((a, b) => sizes[b] - sizes[a] || a - b);
  return order.slice(0, rowsOf(side)).map((c) => ({ name: coloring.categories![c].name, color: palette[c] }));
}

function sizeOf({ panels, side }: Picture, key: readonly unknown[]): { width: number; height: number } {
  return { width: GAP + panels.length * (side + GAP) + (key.length > 0 ? KEY : 0), height: TOP + side + GAP };
}

/** The view's pixels with headings and classes, twice as fine as the page. */
export async function pngOf(picture: Picture): Promise<Blob> {
  const key = keyOf(picture);
  const { width, height } = sizeOf(picture, key);
  const canvas = document.createElement("canvas");
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  const pen = canvas.getContext("2d")!;
  pen.scale(2, 2);
  pen.fillStyle = picture.paper;
  pen.fillRect(0, 0, width, height);
  const font = getComputedStyle(document.body).fontFamily;
  const write = (text: string, left: number, top: number, weight = 400) => {
    pen.font = `${weight} 12px ${font}`;
    pen.fillText(text, left, top);
  };
  picture.panels.forEach(({ coloring, canvas: drawn, names }, p) => {
    const left = GAP + p * (picture.side + GAP);
    pen.fillStyle = picture.pen;
    pen.textAlign = "left";
    write(coloring.title, left, TOP - 8, 600);
    pen.drawImage(drawn, left, TOP, picture.side, picture.side);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.strokeStyle = picture.paper;
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    for (const name of names) {
      pen.font = `600 12px ${font}`;
      pen.strokeText(name.text, left + name.left, TOP + name.top);
      pen.fillText(name.text, left + name.left, TOP + name.top);
    }
    pen.textBaseline = "alphabetic";
  });
  pen.textAlign = "left";
  const left = GAP + picture.panels.length * (picture.side + GAP);
  key.forEach(({ name, color }, i) => {
    pen.fillStyle = color;
    pen.beginPath();
    pen.arc(left + 6, TOP + ROW * i + 8, 5, 0, 2 * Math.PI);
    pen.fill();
    pen.fillStyle = picture.pen;
    write(cut(name), left + 18, TOP + ROW * i + 12);
  });
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("The browser made no picture."))),
      "image/png",
    );
  });
}

/** The view as it is seen, each cell a dot; cells of one colour follow one another in some rounds. */
export function svgOf(picture: Picture): Blob {
  const { side, camera, places, picked } = picture;
  const key = keyOf(picture);
  const { width, height } = sizeOf(picture, key);
  const root = svg("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
  });
  root.setAttribute("font-family", "Inter, system-ui, sans-serif");
  root.setAttribute("font-size", "12");
  root.append(svg("rect", { width, height, fill: picture.paper }));
  picture.panels.forEach(({ coloring, palette, names }, p) => {
    const left = GAP + p * (side + GAP);
    const frame = svg("svg", { x: left, y: TOP, width: side, height: side, viewBox: `0 0 ${side} ${side}` });
    frame.append(...dots(coloring, palette, { side, camera, places, picked }));
    for (const { text, left: x, top: y } of names) {
      const halo = {
        stroke: picture.paper,
        "stroke-width": 4,
        "stroke-linejoin": "round",
        "paint-order": "stroke",
      };
      const place = { x, y: y + 4, "text-anchor": "middle", "font-weight": 600, fill: picture.pen };
      frame.append(svg("text", { ...place, ...halo }, text));
    }
    const heading = { x: left, y: TOP - 8, "font-weight": 600, fill: picture.pen };
    root.append(svg("text", heading, coloring.title), frame);
  });
  const left = GAP + picture.panels.length * (side + GAP);
  key.forEach(({ name, color }, i) => {
    const middle = TOP + ROW * i + 8;
    root.append(
      svg("circle", { cx: left + 6, cy: middle, r: 5, fill: color }),
      svg("text", { x: left + 18, y: middle + 4, fill: picture.pen }, cut(name)),
    );
  });
  return new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" });
}

/** Round caps of tiny strokes: a hundredth of the size of as many circles. */
function dots(
  { codes }: Coloring,
  palette: readonly string[],
  { side, camera, places, picked }: Pick<Picture, "side" | "camera" | "places" | "picked">,
): SVGElement[] {
  const { order } = drawn(places);
  const diameter = Math.min(6, Math.max(1.4, 130 / Math.sqrt(order.length)));
  const layers = picked ? [0, 1] : [0];
  return layers.flatMap((layer) => {
    const cells = picked ? order.filter((cell) => picked[cell] === layer) : order;
    const behind = picked !== null && layer === 0;
    const group = svg("g", {
      fill: "none",
      "stroke-linecap": "round",
      "stroke-width": (diameter + layer).toFixed(2),
      ...(behind && { opacity: 0.25 }),
    });
    const rounds = behind ? 1 : Math.min(20, Math.ceil(cells.length / 100));
    for (let round = 0; round < rounds; round++) {
      const paths = new Map<string, string[]>();
      const end = Math.floor(((round + 1) * cells.length) / rounds);
      for (let i = Math.floor((round * cells.length) / rounds); i < end; i++) {
        const { left, top } = seenAt(camera, side, places.x[cells[i]], places.y[cells[i]]);
        if (left < 0 || top < 0 || left > side || top > side) continue;
        const color = behind ? NONE : (palette[codes[cells[i]]] ?? NONE);
        const path = paths.get(color) ?? [];
        path.push(`M${left.toFixed(1)} ${top.toFixed(1)}h.01`);
        paths.set(color, path);
      }
      for (const [stroke, path] of paths) group.append(svg("path", { stroke, d: path.join("") }));
    }
    return [group];
  });
}

function cut(name: string): string {
  const letters = [...name];
  return letters.length > 30 ? `${letters.slice(0, 29).join("")}…` : name;
}
