import type { Setting, YamlPlace } from "./setting.js";

/** What of the model stays as it is: nothing, the gene and value encoders, all but the head, all but the last layers and the head. */
export type FreezeOption = "none" | "predecoder" | "head" | `last-${number}-layers`;

const LAST = /^last-([1-9]\d*)-layers$/;

/** How many of the last layers are trained beside the class decoder, where an option says so. */
export function lastLayersOf(freeze: FreezeOption): number | undefined {
  const last = LAST.exec(freeze);
  return last ? Number(last[1]) : undefined;
}

/** What is frozen. The published file knows true and false, which are `predecoder` and `none`; the others stand there by name. */
export function freezing(about: { help: string; yaml: YamlPlace }): Setting<FreezeOption, FreezeOption> {
  const known = (value: unknown): value is FreezeOption =>
    typeof value === "string" && (["none", "predecoder", "head"].includes(value) || LAST.test(value));
  return {
    ...{ value: "WHAT", ...about, default: "none" },
    parse: (text) => (known(text) ? text : undefined),
    fault: (value) =>
      known(value) ? undefined : '"none", "predecoder", "head" or "last-N-layers", say last-2-layers',
    file: {
      write: (value) => (value === "predecoder" ? true : value === "none" ? false : value),
      read: (given) => (given === true ? "predecoder" : given === false ? "none" : given),
    },
  };
}
