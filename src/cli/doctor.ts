import { type Diagnosis, doctor, type Finding } from "../protocol/doctor.js";
import { command } from "./command.js";

const MARKS: Record<Finding["state"], string> = { right: "✓", note: "·", wrong: "✗" };

/** `cellkernel doctor` */
export const doctorCommand = command<Diagnosis>({
  summary: "looks at what Cellkernel needs on this machine, and says what to do about what is wrong",
  positionals: "",
  required: 0,
  options: {},
  run: ({ signal }) => doctor({ signal }),
  failed: ({ findings }) => findings.some(({ state }) => state === "wrong"),
  text: ({ findings }) => doctorReport(findings),
});

/** A line a finding, with the remedy below. */
export function doctorReport(findings: Finding[]): string {
  const width = Math.max(...findings.map(({ part }) => part.length)) + 2;
  const lines = findings.flatMap(({ part, state, found, remedy }) => [
    `${MARKS[state]} ${part.padEnd(width)}${found}`,
    ...(remedy === undefined ? [] : [`${" ".repeat(width + 2)}→ ${remedy}`]),
  ]);
  const faults = findings.filter(({ state }) => state === "wrong").length;
  const end =
    faults === 0 ? "All is well." : `${faults} ${faults === 1 ? "thing" : "things"} to mend: see →.`;
  return [...lines, "", end].join("\n");
}
