import type { Document, YAMLMap } from "yaml";
import { CellkernelError } from "../support/error.js";
import { whenAsked } from "../support/whenAsked.js";
import { flagOf, type Options, type Table } from "./setting.js";

const yaml = whenAsked<typeof import("yaml")>("yaml");

/** Values in the sections of the published protocol's form. */
export type Sections = Record<string, Record<string, unknown>>;

/** A file of that form. */
export interface SectionsFile {
  /** Its path, for messages. */
  source: string;
  sections: Sections;
  /** Line of a key, from 1. */
  line(section: string, key: string): number;
}
/** Keys that no reader takes for anything else. */
const PLAIN_KEY = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z_]\w*$/i;

/** What Python's reader refuses unless it is written as an escape. */
const ESCAPED = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\p{Surrogate}/gu;

/** The values of a table's options in the sections and under the keys of the published file; none for what is undefined. */
export function toSections<T extends Table>(table: T, values: Partial<Record<keyof T, unknown>>): Sections {
  const sections: Sections = {};
  for (const [name, { yaml: place, file }] of Object.entries(table)) {
    if (!place) continue;
    const value = values[name] ?? null;
    sections[place.section] ??= {};
    sections[place.section][place.key] = value === null || !file ? value : file.write(value);
  }
  return sections;
}

/**
 * Sections as YAML. Every text is quoted: what YAML 1.2 reads as text, Python's reader, of 1.1, may take for a number, a
 * truth value, a time of day or a merge; a number with an exponent for a text unless it has a dot.
 */
export function writeSections(sections: Sections): string {
  const { Document, visit } = yaml();
  const document = new Document(sections);
  visit(document, {
    Scalar(place, node) {
      const { value } = node;
      if (typeof value === "string" && !(place === "key" && PLAIN_KEY.test(value)))
        node.type = "QUOTE_DOUBLE";
    },
  });
  const text = document.toString({ lineWidth: 0 }).replace(/: (-?\d+)e([-+]\d+)$/gm, ": $1.0e$2");
  return text.replace(ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Takes a file of that form apart, by the rules of YAML 1.1, as Python's yaml does.
 * @throws where it is no YAML, or no sections of keys; names the line
 */
export function readSections(text: string, source: string): SectionsFile {
  const { isMap, isScalar, LineCounter, parseDocument } = yaml();
  const lines = new LineCounter();
  const document = parseDocument(text, { version: "1.1", lineCounter: lines, logLevel: "silent" });
  const at = (node: unknown) =>
    lines.linePos((isScalar(node) || isMap(node) ? node.range?.[0] : undefined) ?? 0).line;
  const fault = (line: number, what: string) =>
    new CellkernelError("format", `${source}:${line}: ${what}`, { path: source, line });
  const [broken] = document.errors;
  if (broken) throw fault(broken.linePos?.[0].line ?? 1, `no YAML: ${broken.message.split("\n")[0]}`);
  const root = document.contents;
  if (!isMap(root))
    throw fault(1, "expected the sections task_info, preprocess, model_parameters, task_configs");
  const places = new Map<string, number>();
  const sections: Sections = {};
  const values = plain(document, (what) => fault(1, what));
  for (const { key, value } of (root as YAMLMap).items) {
    const section = String(key);
    if (!isMap(value)) {
      if (values[section] === null) continue;
      throw fault(at(key), `${section} is ${JSON.stringify(values[section])}; expected a section of keys`);
    }
    sections[section] = values[section];
    for (const pair of value.items) places.set(`${section} ${pair.key}`, at(pair.key));
  }
  return { source, sections, line: (section, key) => places.get(`${section} ${key}`) ?? 1 };
}

/** @throws where the file repeats itself without end by its anchors */
function plain(document: Document, fault: (what: string) => CellkernelError): Sections {
  try {
    return document.toJS();
  } catch (error) {
    throw fault((error as Error).message);
  }
}

/**
 * The options that a file of that form gives. An empty text stands for nothing there, as null does.
 * @throws where a value is none that the option takes; names the file, line, section and key
 */
export function fromSections<T extends Table>(table: T, file: SectionsFile): Options<T> {
  const { source, sections, line } = file;
  const options: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const { yaml: place } = setting;
    const given = place && sections[place.section]?.[place.key];
    if (given === undefined || given === null || given === "") continue;
    const meant = setting.file ? setting.file.read(given) : given;
    const value = typeof meant === "string" ? setting.parse(meant) : meant;
    const expected = setting.fault(value);
    if (expected !== undefined)
      throw new CellkernelError(
        "option",
        `${source}:${line(place!.section, place!.key)}: ${place!.section}: ${place!.key} is ${JSON.stringify(given)}; ` +
          `expected ${expected} (--${flagOf(name, setting)})`,
        { option: name, path: source, line: line(place!.section, place!.key) },
      );
    options[name] = value;
  }
  return options as Options<T>;
}
