import { type Inspection, inspect } from "../protocol/inspect.js";
import { flags, fromFlags } from "../settings/flags.js";
import { SAMPLES } from "../settings/samples.js";
import { command } from "./command.js";

/** `cellkernel inspect FILE…` */
export const inspectCommand = command({
  summary: "shows what an .h5ad file holds, or several, or a folder of them",
  positionals: "FILE…",
  required: 1,
  options: flags(SAMPLES),
  run: ({ positionals, values }) => inspect(positionals, fromFlags(SAMPLES, values)),
  text: describe,
});

function describe({
  path,
  cells,
  genes,
  matrices,
  choice,
  obs,
  var: columns,
  obsm,
  uns,
  firstGenes,
}: Inspection) {
  const list = (title: string, names: string[]) =>
    names.length > 0 ? [`${title}: ${names.join(", ")}`] : [];
  return [
    `${path}: ${cells} cells × ${genes} genes`,
    ...matrices.map(({ name, holds }) => `  ${name}: ${holds}`),
    choice,
    "obs:",
    ...obs.map(
      ({ column, values, examples }) =>
        `  ${column}: ${values} values, ${examples.join(", ")}${values > examples.length ? ", …" : ""}`,
    ),
    ...list("var", columns),
    ...list("obsm", obsm),
    ...list("uns", uns),
    `genes: ${firstGenes.join(", ")}, …`,
  ].join("\n");
}
