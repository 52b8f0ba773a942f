import { flagOf, type Table } from "./setting.js";
import { STEPS } from "./steps.js";

/** The page of the docs: every option of every step. */
export function optionsPage(): string {
  const sections = Object.entries(STEPS).map(([step, table]) => `## ${step}\n\n${optionsTable(table)}\n`);
  return `# Options

Made from the tables in \`src/settings/\` by \`node scripts/built.mjs scripts/optionsPage.js\`; a test compares. Options that are no
plain values (a model, a signal, a list of cells) stand with their functions. Where nothing is given, the default holds; where
that is empty, the text says what does. \`--config FILE\` of \`preprocess\` and \`finetune\`, and \`readTrainArgs(path)\`, read the keys of
the published protocol's file.

${sections.join("\n")}`;
}

function optionsTable(table: Table): string {
  const rows = Object.entries(table).map(([name, setting]) => {
    const { yaml, value, unit, help } = setting;
    return [
      `\`${name}\``,
      `\`--${flagOf(name, setting)}${value ? ` ${value}` : ""}\``,
      yaml ? `\`${yaml.section}: ${yaml.key}\`` : "",
      setting.default === undefined ? "" : String(setting.default),
      unit ?? "",
      help.replaceAll("<", "\\<"),
    ];
  });
  const head = ["option", "flag", "published file", "default", "unit", "what"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
