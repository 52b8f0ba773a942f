import type { Words } from "../words.js";
import { type Coloring, type Embedding, NONE } from "./decode.js";

/** Vermilion of Okabe and Ito: seen by every kind of vision beside grey. */
const WRONG = "#d55e00";

/** What a panel says of the cells, by its heading. */
type Role = "truth" | "prediction" | undefined;

function roleOf(title: string): Role {
  const plain = title.trim().toLowerCase();
  return plain === "truth" || plain === "prediction" ? plain : undefined;
}

/** A class of a panel in words, as a selection is called: "true CD56+ NK". */
export function classWords({ title }: Coloring, name: string, trans: Words): string {
  const role = roleOf(title);
  if (role === "truth") return trans.__("true %1", name);
  if (role === "prediction") return trans.__("predicted %1", name);
  return `${title}: ${name}`;
}

/**
 * Where the first two panels that count through the same classes disagree: of cells that have a class in the first, those
 * that have another in the second. Undefined where there are no two such panels, or no cell is to be compared.
 */
export function mistakesOf({ panels }: Embedding, trans: Words): Coloring | undefined {
  const first = panels.find(({ categories }) => categories);
  const second = panels.find((panel) => panel !== first && panel.categories === first?.categories);
  if (!first?.categories || !second) return undefined;
  const none = first.categories.length;
  if (first.codes.every((code) => code >= none)) return undefined;
  const evaluated = roleOf(first.title) === "truth" && roleOf(second.title) === "prediction";
  const [right, wrong] = evaluated
    ? [trans.__("Right"), trans.__("Mistake")]
    : [trans.__("The same"), trans.__("Different")];
  return {
    title: evaluated ? trans.__("Mistakes") : trans.__("Differences"),
    codes: Uint8Array.from(first.codes, (code, cell) =>
      code >= none ? 2 : Number(code !== second.codes[cell]),
    ),
    categories: [
      { name: right, color: NONE },
      { name: wrong, color: WRONG },
    ],
  };
}

/** The code of what disagrees. */
export const MISTAKE = 1;
