import type { Words } from "../words.js";

/** A figure: what it is called, and what it says in a sentence. */
export interface FigureWords {
  name: string;
  plain: string;
  help: string;
}

/** "87.1 %", with as many digits as tell something. */
export function percent(share: number): string {
  const value = 100 * share;
  if (value > 99 && value < 100) return `${Math.min(99.9, value).toFixed(1)} %`;
  return `${value >= 10 || value === 0 ? Math.round(value) : Number(value.toPrecision(1))} %`;
}

/** Three decimals: more would say nothing. */
export function decimals(value: number | null): string {
  return value === null || !Number.isFinite(value) ? "–" : value.toFixed(3);
}

/** The figures in the order in which they are read; a notebook file keeps them by name. */
const ORDER = ["accuracy", "macroF1", "weightedF1", "kappa", "calibrationError"];

/** Names of figures, those that are known first. */
export function figureOrder(names: Iterable<string>): string[] {
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return [...names].sort((a, b) => place(a) - place(b));
}

/** What the overall figures mean; a later one by its name alone. */
export function figureWords(name: string, trans: Words): FigureWords {
  const known: Record<string, FigureWords> = {
    accuracy: {
      name: trans.__("Accuracy"),
      plain: trans.__("labels that are right"),
      help: trans.__("Share of the cells whose label is right. Common classes have the say."),
    },
    macroF1: {
      name: trans.__("Macro F1"),
      plain: trans.__("each class alike"),
      help: trans.__(
        "Mean of the classes' F1, in which a rare class counts as much as a common one. F1 is the harmonic mean of precision and recall.",
      ),
    },
    weightedF1: {
      name: trans.__("Weighted F1"),
      plain: trans.__("each cell alike"),
      help: trans.__("Mean of the classes' F1, weighted by their numbers of cells."),
    },
    kappa: {
      name: trans.__("Cohen's κ"),
      plain: trans.__("beyond chance"),
      help: trans.__("How far labels and truth agree beyond what chance would do: 0 is chance, 1 is all."),
    },
    calibrationError: {
      name: trans.__("Calibration error"),
      plain: trans.__("how far probabilities are off"),
      help: trans.__(
        "Mean distance between the labels' probability and how often labels of that probability are right: 0 is best.",
      ),
    },
  };
  return Object.hasOwn(known, name) ? known[name] : { name, plain: "", help: name };
}
