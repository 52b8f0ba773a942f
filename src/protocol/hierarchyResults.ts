import { type Hierarchy, hierarchyAnswer, hierarchyFigures } from "../evaluate/hierarchy.js";
import { answerThreshold } from "./hierarchyColumns.js";
import type { ReportParts } from "./report.js";

/** The figures of labels and answers in a hierarchy, under the names of `evaluation_results.json`. A share of no cells is null there. */
export function hierarchyResults(
  { run, truth, evaluated, labelled }: Pick<ReportParts, "run" | "truth" | "evaluated" | "labelled">,
  hierarchy: Hierarchy,
) {
  const least = answerThreshold(run);
  const width = run.classes.length;
  const own = evaluated.map((cell) => truth[cell]);
  const labels = evaluated.map((cell) => labelled.codes[cell]);
  const answers = evaluated.map((cell) => {
    const scores = labelled.scores.subarray(cell * width, (cell + 1) * width);
    return hierarchyAnswer(hierarchy, labelled.codes[cell], scores, least).node;
  });
  const given = [...answers.keys()].filter((i) => answers[i] >= 0);
  const right = given.filter((i) => hierarchy.lines[own[i]].includes(answers[i]));
  return {
    threshold: least,
    labels: hierarchyFigures(hierarchy, own, labels),
    answers: {
      ...hierarchyFigures(hierarchy, own, answers),
      /** Of the cells, that get an answer; of these, whose answer is their type or what that is a kind of. */
      share: given.length / own.length,
      right: right.length / given.length,
    },
  };
}
