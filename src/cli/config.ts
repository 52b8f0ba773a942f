import { basename } from "node:path";
import { readTrainArgs, type TrainArgs } from "../protocol/trainArgs.js";
import { type Flag, fromFlags } from "../settings/flags.js";
import { flagOf, type Options, type Table } from "../settings/setting.js";
import { type Invocation, text } from "./command.js";

/** Options out of a file of the published form, for the commands that take them. */
export const CONFIG: Record<string, Flag> = {
  config: {
    value: "FILE",
    help: "train_args.yml of the published code or dev_train_args.yml of a run, whose values hold unless given here",
  },
};

/** The options of a step: those of the flags, then those of the file; and what the reader must know of the file. */
export function configured<T extends Table>(
  call: Invocation,
  table: T,
  step: "preparation" | "training",
): { options: Options<T>; model?: string; notes: string[] } {
  const flags = fromFlags(table, call.values);
  const path = text(call, "config");
  if (path === undefined) return { options: flags, notes: [] };
  const file: TrainArgs = readTrainArgs(path);
  const inFile = file[step] as Record<string, unknown>;
  const won = Object.entries(flags).filter(([name, value]) => name in inFile && inFile[name] !== value);
  const notes = won.map(
    ([name, value]) =>
      `--${flagOf(name, table[name])} ${value} wins over ${inFile[name]}, which ${basename(path)} says`,
  );
  return {
    options: { ...inFile, ...flags } as Options<T>,
    model: file.model,
    notes: [...file.notes, ...notes],
  };
}
