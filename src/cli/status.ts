import { seriesTable } from "../protocol/seriesTable.js";
import { drawSweep } from "../protocol/status/sweepPicture.js";
import { sweepCsv, sweepTable } from "../protocol/status/sweepTable.js";
import { type Status, status } from "../protocol/status.js";
import { writeFileAtomically } from "../support/atomic.js";
import { duration } from "../views/contract.js";
import { tableText } from "../views/table.js";
import { command, text, UsageError } from "./command.js";

/** Pieces of work with a fault that are named one by one. */
const MOST_FAULTS = 10;

/** `cellkernel status DIR` */
export const statusCommand = command<Status>({
  summary: "says how far shards of a plan are, or trainings of folds and seeds, and how these did",
  positionals: "DIR",
  required: 1,
  options: {
    plan: { value: "PLAN", help: "of shards: their plan, where it is not plan.json in the folder" },
    table: { value: "FILE", help: "of trainings: .csv to write, a line a training" },
    picture: { value: "FILE", help: "of trainings: .svg or .png to write, a row a setting" },
  },
  async run(call) {
    const found = status(call.positionals[0], text(call, "plan"));
    const [table, picture] = [text(call, "table"), text(call, "picture")];
    if (table === undefined && picture === undefined) return found;
    if (!found.sweep?.some(({ results }) => results))
      throw new UsageError(
        `--table and --picture are of trainings that are done and joined (cellkernel resume DIR); in ${call.positionals[0]} there are none.`,
      );
    if (table !== undefined) writeFileAtomically(table, sweepCsv(found.sweep));
    if (picture !== undefined) await drawSweep(found.sweep, picture);
    return found;
  },
  text: describe,
});

function describe({ what, pieces, states, unit, done, of, perSecond, secondsLeft, sweep }: Status): string {
  const whole = (value: number) => Math.round(value).toLocaleString("en-US");
  const { done: ended, ...others } = states;
  const counts = Object.entries(others).filter(([, count]) => count > 0);
  const faults = pieces.filter(({ fault }) => fault !== undefined);
  const joined = sweep?.filter(({ results }) => results) ?? [];
  return [
    [
      `${ended} of ${pieces.length} ${what} done`,
      ...counts.map(([state, count]) => `${count} ${state}`),
    ].join(", "),
    ...(of === null || ended === pieces.length
      ? []
      : [
          [
            `${whole(done!)} of ${whole(of)} ${unit}`,
            ...(perSecond === null
              ? []
              : [`${perSecond < 10 ? perSecond.toPrecision(2) : whole(perSecond)} ${unit} a second`]),
            ...(secondsLeft === null ? [] : [`about ${duration(secondsLeft)} left`]),
          ].join(" · "),
        ]),
    ...faults.slice(0, MOST_FAULTS).map(({ name, state, fault }) => `- ${name}: ${state}: ${fault}`),
    ...(faults.length > MOST_FAULTS ? [`- and ${faults.length - MOST_FAULTS} more`] : []),
    ...(joined.length === 0
      ? []
      : [
          "",
          tableText(
            joined.length === 1 && joined[0].name === ""
              ? seriesTable(joined[0].results!)
              : sweepTable(joined),
          ),
        ]),
  ].join("\n");
}
