import type { Report } from "cellkernel";
import { exercise, judgeNumber, nameIn, numberIn, percent, shortly } from "./exercise.js";
import { atThreshold, calibrationError, labelsAt, thresholds } from "./probabilities.js";

/** From which probability on a label counts as sure. */
const SURE = 0.9;
/** The share of the calibration error that a good temperature may leave. */
const LEFT = 0.67;
/** How often the labels that are given are to be right. */
const WANTED = 0.95;
/** Of the labels that may be given at that, how many must be. */
const MOST = 0.9;
/** Share of the cells of an unseen type that may be told to be unlike, for it to be overlooked. */
const OVERLOOKED = 0.2;

/** The checks of the lesson "which labels to trust". */
export const check = {
  /** How often the surest labels of a run are right, before any calibration. */
  sure: exercise<[Report]>({
    task: "Put a share between 0 and 1 in place of `undefined`.",
    judge: (answer, report) => {
      const sure = surest(report);
      const share = shareRight(sure);
      const all = labelsAt(1, report);
      return judgeNumber(answer, {
        ...{ truth: share, within: 0.005 },
        right: `It is surer than ${SURE} of ${sure.length} of the ${all.length} cells, and right in ${percent(share)} of them; by what it says of them, ${percent(meanOf(sure))} would be.`,
        wrong: (value) => {
          if (value > 1) return "That is more than 1: a share is wanted.";
          if (Math.abs(value - sure.length / all.length) < 0.005)
            return "That is the share of cells of which it is sure. Of these, how many are labelled rightly?";
          if (Math.abs(value - shareRight(all)) < 0.005)
            return "That is the share of all cells; leave out those of which it is less sure.";
          if (Math.abs(value - meanOf(sure)) < 0.005)
            return "That is how sure it is on average; how often is it right?";
          return undefined;
        },
      });
    },
    hints: [
      `of the cells in \`said\`, take those with a \`probability\` above ${SURE}; \`right\` says whether the label is.`,
      `\`const sure = said.filter(({ probability }) => probability > ${SURE})\`; now count those of \`sure\` that are \`right\`.`,
    ],
    solution: (report) =>
      `\`sure.filter(({ right }) => right).length / sure.length\`, which is ${shareRight(surest(report)).toFixed(3)}.`,
  }),

  /** A temperature by which probabilities tell the truth. */
  temperature: exercise<[validation: Report, test: Report]>({
    task: "Put a temperature in place of `undefined`.",
    judge: (answer, validation, test) => {
      const given = numberIn(answer);
      if ("wrong" in given) return given;
      const { value } = given;
      if (!(value > 0) || value === Number.POSITIVE_INFINITY)
        return { wrong: "A temperature is above 0, and finite." };
      const error = (report: Report, t: number) => calibrationError(labelsAt(t, report));
      const [before, after] = [error(validation, 1), error(validation, value)];
      const fall = `${before.toFixed(3)} to ${after.toFixed(3)}`;
      if (after > LEFT * before) {
        const which =
          after > before
            ? value < 1
              ? ": that makes it surer still"
              : ": that is too much, it is now less sure than right"
            : "";
        return {
          wrong: `On the validation cells the error goes from ${fall}${which}. At most ${(LEFT * before).toFixed(3)} is wanted.`,
        };
      }
      const labels = (t: number) => labelsAt(t, test).map(({ label }) => label);
      const [raw, cooled] = [labels(1), labels(value)];
      const changed = raw.filter((label, i) => label !== cooled[i]).length;
      return {
        right: `On the validation cells the error falls from ${fall}, on the test cells from ${error(test, 1).toFixed(3)} to ${error(test, value).toFixed(3)}, and ${changed} of ${raw.length} labels change: a temperature changes how sure the model is, not what it says. The run chose ${test.parts.trust.temperature.toFixed(2)} for itself.`,
      };
    },
    hints: [
      "above 1 the probabilities come nearer to one another, below 1 further apart. Is this run surer than right, or less?",
      "try 1.5, 2, 2.5, 3 in the cell above and look at the error of each.",
    ],
    solution: (validation) => `\`${best(validation).toFixed(1)}\`.`,
  }),

  /** A threshold that gives many labels of which most are right. */
  threshold: exercise<[validation: Report, test: Report]>({
    task: "Put a probability in place of `undefined`.",
    judge: (answer, validation, test) => {
      const given = numberIn(answer);
      if ("wrong" in given) return given;
      const { value } = given;
      if (value > 1 || value < 0) return { wrong: "A probability between 0 and 1 is expected." };
      const [own, most] = [atThreshold(value, ofReport(validation)), mostLabels(validation)];
      if (own.share === 0)
        return {
          wrong: "No validation cell gets a label: there is nothing to be wrong about, and nothing is said.",
        };
      const gives = `Of the validation cells ${percent(own.share)} get a label, and ${percent(own.precision)} of these labels are right`;
      if (own.precision < WANTED) return { wrong: `${gives}: ${percent(WANTED)} are wanted.` };
      if (own.share < MOST * most.share)
        return {
          wrong: `${gives}. That is safe, but there is a threshold that labels ${percent(most.share)} of them as well as is wanted.`,
        };
      const later = atThreshold(value, ofReport(test));
      return {
        right: `${gives}. Of the test cells, which had no say in it, ${percent(later.share)} get a label, and ${percent(later.precision)} of these are right: expect a few points less, or more, than was wanted.`,
      };
    },
    hints: [
      "find in the plot the lowest threshold from which on the line of right labels stays at 95 % or above.",
      "`thresholds(ofValidation)` lists what every threshold gives, from the lowest: which is the first with a `precision` of 0.95?",
    ],
    solution: (validation) =>
      `\`${Math.floor(mostLabels(validation).threshold * 1e4) / 1e4}\`, or a little more.`,
  }),

  /** In how many disputed cells the simple methods are right. */
  against: exercise<[Report]>({
    task: "Put a number of cells in place of `undefined`.",
    judge: (answer, report) => {
      const { disputed, simple, model } = disputes(report);
      return judgeNumber(answer, {
        ...{ truth: simple, within: 0 },
        right: `Of the ${disputed} cells in which both simple methods contradict the model with one voice, they are right in ${simple} and the model in ${model}. ${simple > model ? "There the vote of two is the better label" : "There the model is the better judge"}: \`consensus_label\` follows the two.`,
        wrong: (value) => {
          if (value === disputed)
            return `That is the number of cells in dispute. In how many of them is \`second_opinion\` the \`true_label\`?`;
          if (value === model) return "In so many of them the *model* is right.";
          return undefined;
        },
      });
    },
    hints: [
      "count the rows of `disputed` in which `second_opinion` is the `true_label`.",
      "`disputed.filter((d) => …)` keeps the rows for which a condition holds, and `numRows()` counts them.",
    ],
    solution: (report) =>
      `\`disputed.filter((d) => d.second_opinion === d.true_label).numRows()\`, which is ${disputes(report).simple}.`,
  }),

  /** The mistake of which the model is surest. */
  surestMistake: exercise<[Report]>({
    task: "Put the name of a cell in place of `undefined`, in quotation marks.",
    judge: (answer, report) => {
      const outcomes = ofReport(report);
      const given = nameIn(answer, report.parts.ready.cellNames, "the name of a cell");
      if ("wrong" in given) return given;
      const own = outcomes.find(({ cell }) => cell === given.value);
      if (!own) return { wrong: "That is no test cell: the model has seen it before." };
      if (own.right) return { wrong: `That cell is a ${own.truth}, and labelled so: it is no mistake.` };
      const surest = mistake(report);
      if (own.probability < surest.probability)
        return {
          wrong: `That is a mistake, of which the model is sure by ${shortly(own.probability)}. There is one of which it is surer.`,
        };
      return {
        right: `"${own.truth}" in the file, "${own.label}" to the model, by ${shortly(own.probability)}. Where a model is so sure and wrong, look at the cell: the label in the file may be the mistake.`,
      };
    },
    hints: [
      "sort the mistakes by `probability`; the largest comes last, unless you ask for the opposite order.",
      '`orderby(desc("probability"))` turns the order round: the first row is then the one.',
    ],
    solution: (report) => `\`"${mistake(report).cell}"\`.`,
  }),

  /** A type that the model does not notice to be new. */
  overlooked: exercise<[report: Report | undefined]>({
    task: "Put the name of a type in place of `undefined`, in quotation marks, and run both cells.",
    judge: (answer, report) => {
      if (typeof answer !== "string")
        return { wrong: "The name of a type is expected, as a text in quotation marks." };
      const unseen = report?.parts.trust.unlike?.unseen;
      if (!report) return { wrong: "There is no report yet: run the cell above once more." };
      if (!unseen)
        return {
          wrong: `"${answer.slice(0, 60)}" is not a type of these cells: they stand beside the confusion matrix.`,
        };
      const labels = labelsOfUnseen(report);
      const [label, cells] = [...labels].reduce((a, b) => (b[1] > a[1] ? b : a));
      const found = `Of the ${unseen.cells} cells of "${answer}", ${percent(unseen.share)} were said to be unlike all that was learnt`;
      if (unseen.share > OVERLOOKED)
        return { wrong: `${found}: that type is noticed. Look for one that is not.` };
      return {
        right: `${found}. ${cells} of them are "${label}" to the model, a near relative. What lies between known types can't be told from them: ask what the reference has *not*, before you believe its labels.`,
      };
    },
    hints: [
      "what stands out has no relatives among the other types. Which types have?",
      "which pairs did the model mix up in section 4? If one of the two is missing, the other takes its place.",
    ],
    solution: () =>
      '`"CD56+ NK"`: their relatives are the cytotoxic T cells. `"CD14+ Monocyte"` does as well: dendritic cells.',
  }),
};

/** What the report itself says of its cells. */
export function ofReport(report: Report) {
  return labelsAt(report.parts.trust.temperature, report);
}

const surest = (report: Report) => labelsAt(1, report).filter(({ probability }) => probability > SURE);
const shareRight = (outcomes: { right: boolean }[]) =>
  outcomes.filter(({ right }) => right).length / outcomes.length;
const meanOf = (outcomes: { probability: number }[]) =>
  outcomes.reduce((sum, { probability }) => sum + probability, 0) / outcomes.length;

/** Of some temperatures the one of the least calibration error. */
function best(report: Report): number {
  const tried = Array.from({ length: 46 }, (_, i) => 0.5 + i / 10);
  const errors = tried.map((t) => calibrationError(labelsAt(t, report)));
  return tried[errors.indexOf(Math.min(...errors))];
}

/** The threshold that gives the most labels which are right as often as wanted. */
function mostLabels(report: Report) {
  const all = thresholds(ofReport(report)).filter(({ precision }) => precision >= WANTED);
  return all.length > 0 ? all[0] : { threshold: 1, share: 0, precision: 1 };
}

/** The evaluated cells in which both simple methods contradict the model with one voice. */
function disputes({ parts: { opinions, labelled, evaluated, truth } }: Report) {
  const cells = Array.from(evaluated).filter(
    (cell) =>
      opinions!.logistic[cell] === opinions!.neighbours[cell] &&
      opinions!.logistic[cell] !== labelled.codes[cell],
  );
  return {
    disputed: cells.length,
    simple: cells.filter((cell) => opinions!.logistic[cell] === truth[cell]).length,
    model: cells.filter((cell) => labelled.codes[cell] === truth[cell]).length,
  };
}

function mistake(report: Report) {
  const wrong = ofReport(report).filter(({ right }) => !right);
  return wrong.reduce((a, b) => (b.probability > a.probability ? b : a));
}

/** What the model makes of the cells whose type it never saw. */
function labelsOfUnseen({ parts: { truth, labelled, run } }: Report): Map<string, number> {
  const counts = new Map<string, number>();
  truth.forEach((code, cell) => {
    if (code >= 0) return;
    const label = run.classes[labelled.codes[cell]];
    counts.set(label, (counts.get(label) ?? 0) + 1);
  });
  return counts;
}
