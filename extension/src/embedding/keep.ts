import { computedColor } from "../dom.js";
import { rowsAsCode } from "./code.js";
import { download } from "./download.js";
import type { Entry } from "./menu.js";
import { type Picture, pngOf, svgOf } from "./picture.js";
import { type Scene, toldOf } from "./scene.js";
import { table } from "./table.js";

/** What can be taken along of a view. */
export function keepEntries(scene: Scene): Entry[] {
  const { trans, selection } = scene.around;
  const name = (scene.embedding.title || "embedding").replaceAll(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60);
  return [
    {
      label: trans.__("Download as PNG"),
      run: async () => download(`${name}.png`, await pngOf(pictureOf(scene))),
    },
    { label: trans.__("Download as SVG"), run: () => download(`${name}.svg`, svgOf(pictureOf(scene))) },
    {
      label: trans.__("Download the selected cells as CSV"),
      run: () => download(`${name}.csv`, new Blob([selectedTable(scene)], { type: "text/csv" })),
    },
    {
      label: trans.__("Copy the selection as code"),
      run: async () => {
        await navigator.clipboard.writeText(rowsAsCode(selection.rows, selection.what));
        scene.say(trans.__("Copied."));
      },
    },
  ];
}

/** What is seen. */
function pictureOf({ panels, side, state, embedding, picked }: Scene): Picture {
  const rgb = (property: "color" | "backgroundColor") =>
    `rgb(${computedColor(panels[0].canvas, property).join(", ")})`;
  return {
    side,
    camera: state.camera,
    places: embedding,
    picked,
    panels: panels
      .filter(({ node }) => !node.hidden)
      .map(({ coloring, palette, canvas, overlay }) => ({ coloring, palette, canvas, names: overlay.shown })),
    paper: rgb("backgroundColor"),
    pen: rgb("color"),
  };
}

/** The selected cells; all where none are. */
function selectedTable(scene: Scene): string {
  const { embedding, rows, around } = scene;
  const columns = new Set([...toldOf(scene), ...embedding.more, ...embedding.tooltip]);
  const selected = around.selection.rows;
  const cells =
    selected.length > 0 ? rows.cells(selected) : Uint32Array.from(embedding.rows, (_, cell) => cell);
  return table(embedding, [...columns], cells);
}
