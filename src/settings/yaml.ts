import { Document, visit } from "yaml";
import { CellkernelError } from "../support/error.js";
import { flagOf, type Options, type Table } from "./setting.js";

/** A file of the published protocol's form: sections of keys. */
export type Sections = Record<string, Record<string, unknown>>;

/** Keys that no reader takes for anything else. */
const PLAIN_KEY = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z_]\w*$/i;

/** What Python's reader refuses unless it is written as an escape. */
const ESCAPED = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\p{Surrogate}/gu;

/**
 * Sections as YAML. Every text is quoted: what YAML 1.2 reads as text, Python's reader, of 1.1, may take for a number, a
 * truth value, a time of day or a merge.
 */
export function yamlText(sections: Sections): string {
  const document = new Document(sections);
  visit(document, {
    Scalar(place, node) {
      const { value } = node;
      if (typeof value === "string" && !(place === "key" && PLAIN_KEY.test(value)))
        node.type = "QUOTE_DOUBLE";
    },
  });
  const text = document.toString({ lineWidth: 0 });
  return text.replace(ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The values of a table's options in the sections and under the keys of the published file; none for what is undefined. */
export function toSections<T extends Table>(table: T, values: Partial<Record<keyof T, unknown>>): Sections {
  const sections: Sections = {};
  for (const [name, { yaml }] of Object.entries(table)) {
    if (!yaml) continue;
    sections[yaml.section] ??= {};
    sections[yaml.section][yaml.key] = values[name] ?? null;
  }
  return sections;
}

/**
 * The options that a file of the published form gives; its other keys are left alone.
 * @param source the file's path, for messages
 * @throws where a value is none that the option takes; names the file, section and key
 */
export function fromSections<T extends Table>(table: T, parsed: unknown, source: string): Options<T> {
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new CellkernelError(
      "format",
      `${source} should hold the sections task_info, preprocess, model_parameters, task_configs`,
      { path: source },
    );
  const options: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const { yaml } = setting;
    const given = yaml && (parsed as Partial<Sections>)[yaml.section]?.[yaml.key];
    if (given === undefined || given === null) continue;
    const value = typeof given === "string" ? setting.parse(given) : given;
    const expected = setting.fault(value);
    if (expected !== undefined)
      throw new CellkernelError(
        "option",
        `${source}: ${yaml!.section}: ${yaml!.key} is ${JSON.stringify(given)}; expected ${expected} (--${flagOf(name, setting)})`,
        { option: name, path: source },
      );
    options[name] = value;
  }
  return options as Options<T>;
}
