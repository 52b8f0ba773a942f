import type { TranslationBundle } from "@jupyterlab/translation";
import { type Choice, stepsOf } from "./steps.js";

/** The kernel that the notebooks are for. */
export const KERNEL = {
  name: "cellkernel",
  display_name: "TypeScript (Cellkernel)",
  language: "typescript",
};

/** A notebook of the protocol's steps for some cells (nbformat 4.5). */
export function protocolNotebook(choice: Choice, trans: TranslationBundle): object {
  const steps = stepsOf(trans).filter(({ apart }) => !apart);
  const cells = [
    markdown(
      "title",
      // A name may hold backticks, which would end the code.
      `# ${trans.__("Cell types of %1", `\`${choice.file.replaceAll("`", "'")}\``)}\n\n` +
        trans.__(
          "The steps of fine-tuning scGPT, a cell a step: run them from the top. What each means is told in Cellkernel's own notebook, `protocol.ipynb`.",
        ),
    ),
    ...steps.flatMap(({ id, title, about, code }, i) => [
      markdown(`${id}-about`, `## ${i + 1}. ${title}\n\n${about}`),
      {
        ...{ cell_type: "code", id, source: code(choice) },
        ...{ metadata: {}, outputs: [], execution_count: null },
      },
    ]),
  ];
  return { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec: KERNEL }, cells };
}

function markdown(id: string, source: string): object {
  return { cell_type: "markdown", id, metadata: {}, source };
}
