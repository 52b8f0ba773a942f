import { decodePanel } from "../../../src/views/contract.js";
import type { Ask, AskedColor } from "./ask.js";
import type { Choice, Found } from "./chooser.js";
import { type Coloring, checked, type Embedding } from "./decode.js";
import type { Scene } from "./scene.js";

/** The colourings that the payload holds whose titles hold what was typed, in small letters. */
export function ownOffers({ embedding, mistakes, around, colorBy }: Scene, typed: string): Choice[] {
  const { panels, more } = embedding;
  return [...panels, ...(mistakes ? [mistakes] : []), ...more]
    .filter(({ title }) => title.toLowerCase().includes(typed))
    .map((coloring) => ({
      label: coloring.title,
      group: around.trans.__("In this view"),
      choose: () => colorBy(coloring),
    }));
}

/** What the kernel can colour by besides. */
export async function kernelOffers(scene: Scene, ask: Ask, typed: string): Promise<Found> {
  const { trans } = scene.around;
  const { columns, more } = await ask.columns(typed);
  const groups = { result: trans.__("Results"), obs: trans.__("Columns of obs"), gene: trans.__("Genes") };
  const own = new Set(ownOffers(scene, "").map(({ label }) => label.toLowerCase()));
  const choices = columns
    .filter(({ name }) => !own.has(name.toLowerCase()))
    .map(({ name, kind }) => ({
      label: name,
      group: groups[kind],
      choose: () => void colorFrom(scene, ask, name),
    }));
  return { choices, more };
}

async function colorFrom(scene: Scene, ask: Ask, name: string): Promise<void> {
  try {
    scene.colorBy(colorOf(scene.embedding, await ask.color(name)));
  } catch (error) {
    scene.say((error as Error).message);
    // What stands there is what it was.
    scene.colorBy(scene.coloring);
  }
}

/** A colouring out of what the kernel has sent. */
export function colorOf({ cells }: Embedding, { panel, bytes }: AskedColor): Coloring {
  return checked([decodePanel(panel, cells, [], bytes)])[0];
}
