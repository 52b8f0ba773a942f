import type { RowSplit, RunCells, RunParts } from "../store/runParts.js";
import { CellkernelError } from "../support/error.js";
import { Run } from "./run.js";

/** What an ensemble's first note ends in until it is calibrated (see `calibrateEnsemble`). */
export const NOT_CALIBRATED =
  "probabilities are the mean of theirs, without temperature, threshold and prediction sets";

/**
 * Several runs of the same cells as one: of folds (`crossValidationSplits`) or of seeds. It is saved, loaded, evaluated and
 * labels new cells as any run does, by the mean of its members' probabilities; embeddings are those of the first.
 * A cell that is a test cell of some members is one of the ensemble, and `evaluate` has it labelled by these members alone: of
 * folds, each cell by the member that did not see it.
 *
 * @throws where there are fewer than two, or they differ in cells, preparation, classes or architecture
 * @example
 * const both = ensemble([run, other]);
 * await both.save("both");
 */
export function ensemble(runs: readonly Run[]): Run {
  if (runs.length < 2)
    throw new CellkernelError("nothing", `an ensemble needs at least two runs, and was given ${runs.length}`);
  const [first, ...others] = runs;
  for (const run of others) requireAlike(first, run);
  const weights = runs.flatMap(({ parts }) => [parts.weights, ...(parts.members ?? [])]);
  return new Run(
    {
      ...first.parts,
      name: `${first.name} and ${others.length} more`,
      weights: weights[0],
      members: weights.slice(1),
      cells: cellsOf(runs.map(({ parts }) => parts.cells)),
      // What was chosen for one member's probabilities does not hold for the mean of all, and what one keeps of its training
      // cells are others' test cells.
      ...{ trust: undefined, reference: undefined },
      series: undefined,
      notes: [`an ensemble of ${weights.length}: ${NOT_CALIBRATED}`, ...first.parts.notes],
    },
    first.ready,
  );
}

function requireAlike({ parts: first, name }: Run, { parts: other, name: otherName }: Run): void {
  const what: Record<string, (parts: RunParts) => unknown> = {
    cells: ({ cells }) => cells.content,
    classes: ({ classes }) => classes,
    batches: ({ batches }) => batches,
    genes: ({ recipe }) => recipe,
    preparation: ({ preparation }) => preparation,
    architecture: ({ args: { dropout, ...rest } }) => rest,
  };
  const differences = Object.entries(what)
    .filter(([, of]) => JSON.stringify(of(first)) !== JSON.stringify(of(other)))
    .map(([name]) => name);
  if (differences.length > 0)
    throw new CellkernelError(
      "other-preparation",
      `the runs ${name} and ${otherName} are no ensemble: they differ in ${differences.join(", ")}`,
      { differences },
    );
}

function cellsOf(of: RunCells[]): RunCells {
  const members = of.flatMap(({ split, members }) => members ?? [split]);
  const rows = (part: keyof RowSplit) => new Set(members.flatMap((split) => [...split[part]]));
  const [test, train, validation] = [rows("test"), rows("train"), rows("validation")];
  const ascending = (some: Set<number>, ...but: Set<number>[]) =>
    Int32Array.from([...some].filter((row) => !but.some((others) => others.has(row)))).sort();
  const learnt = new Map<string, [number, number]>();
  for (const { learnt: keys } of of)
    for (let i = 0; i < keys.length; i += 2) learnt.set(`${keys[i]} ${keys[i + 1]}`, [keys[i], keys[i + 1]]);
  return {
    content: of[0].content,
    split: {
      train: ascending(train, test),
      validation: ascending(validation, test, train),
      test: ascending(test),
    },
    members,
    learnt: Int32Array.from([...learnt.values()].flat()),
  };
}
