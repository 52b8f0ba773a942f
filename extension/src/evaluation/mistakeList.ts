import { element } from "../dom.js";
import type { Words } from "../words.js";
import type { Mistake } from "./members.js";
import { percent } from "./words.js";

/** Most mistakes that are listed: the surest are the ones to look at. */
const LISTED = 100;

/** The wrong labels, the surest first: each selects its cell. */
export function mistakeList(
  mistakes: readonly Mistake[],
  classes: readonly string[],
  trans: Words,
  actions: { select(mistake: Mistake): void; preview(mistake: Mistake | null): void },
): HTMLElement {
  const box = element("div", "sure-mistakes");
  if (mistakes.length === 0) {
    box.append(element("p", "hint", trans.__("No cell was labelled wrongly.")));
    return box;
  }
  const list = element("ol", "mistakes-list");
  for (const mistake of mistakes.slice(0, LISTED)) {
    const item = element("li", "mistake");
    const button = element("button", "mistake-button");
    button.type = "button";
    const sure = element("span", "mistake-sure", percent(mistake.probability));
    sure.title = trans.__("Probability of the wrong label");
    const [truth, predicted] = [mistake.truth, mistake.predicted].map((of) => {
      const name = element("bdi", "mistake-class", classes[of]);
      name.title = classes[of];
      return name;
    });
    const words = element("span", "mistake-words");
    words.append(truth, element("span", "mistake-arrow", ` → `), predicted);
    const row = element("span", "mistake-row", trans.__("row %1", mistake.row.toLocaleString("en")));
    button.append(sure, words, row);
    button.title = trans.__(
      "Row %1: true %2, taken for %3, %4",
      ...[mistake.row, classes[mistake.truth], classes[mistake.predicted], percent(mistake.probability)],
    );
    button.addEventListener("click", () => actions.select(mistake));
    button.addEventListener("pointerenter", () => actions.preview(mistake));
    button.addEventListener("pointerleave", () => actions.preview(null));
    item.append(button);
    list.append(item);
  }
  box.append(list);
  if (mistakes.length > LISTED) {
    const [some, all] = [LISTED, mistakes.length].map((count) => count.toLocaleString("en"));
    box.append(element("p", "hint", trans.__("The %1 surest of %2.", some, all)));
  }
  return box;
}
