import ts = require("typescript");

import { MAGIC_NAMES } from "../magics.js";
import { withoutAlias } from "./alias.js";
import { ownPackages, unfinishedPackage } from "./packages.js";
import { toCodePoints, toUtf16 } from "./positions.js";
import { untypedAt } from "./untyped.js";

/** One entry of `_jupyter_types_experimental`, from which JupyterLab takes the icons. */
interface TypedMatch {
  start: number;
  end: number;
  text: string;
  type: string;
  signature: string;
}

export interface CompleteContent {
  matches: string[];
  cursor_start: number;
  cursor_end: number;
  metadata: { _jupyter_types_experimental: TypedMatch[] };
}

/** What TypeScript knows, and where it knows too little, what to ask of the value itself. */
export interface Completion {
  content: CompleteContent;
  ask?: Ask;
}

/** The names of the value at `path` that begin with `typed`. */
export interface Ask {
  path: string[];
  typed: string;
  /** Whether the name stands in quotes and may be any text, as in `cfg["…"]`. */
  quoted: boolean;
}

/** More than these are no help to anybody; the list narrows as one types. */
const MOST = 500;
/** Details cost time: so many entries get their signature. */
const DETAILED = 25;

/** Answers a `complete_request`. */
export function complete(
  service: ts.LanguageService,
  path: string,
  code: string,
  cursor: number,
): Completion {
  const at = toUtf16(code, cursor);
  const found = service.getCompletionsAtPosition(path, at, {
    includeCompletionsWithInsertText: false,
    includeCompletionsForImportStatements: true,
  });
  const program = service.getProgram()!;
  const untyped = untypedAt(program, program.getSourceFile(path)!, at);
  const word = /[\p{ID_Continue}$]*$/u.exec(code.slice(0, at))![0];
  const span = found?.optionalReplacementSpan ?? found?.entries[0]?.replacementSpan;
  const from = untyped?.from ?? span?.start ?? at - word.length;
  const to = Math.max(at, span && !untyped ? span.start + span.length : at);
  const typed = code.slice(from, at);
  const otherCase = ({ name }: ts.CompletionEntry) => Number(!name.startsWith(typed));
  const entries = (found?.entries ?? [])
    .filter(
      ({ name, kind }) =>
        kind !== ts.ScriptElementKind.warning &&
        name.toLowerCase().startsWith(typed.toLowerCase()) &&
        !isOurs(name),
    )
    // TypeScript's order puts the names of the session before those of the language.
    .sort((a, b) => otherCase(a) - otherCase(b) || compare(a.sortText, b.sortText) || compare(a.name, b.name))
    .slice(0, MOST);
  const matches = entries.map((entry, i) => {
    const shown = i < DETAILED ? signature(service, path, at, entry) : "";
    return { text: entry.name, type: kind(entry, shown), signature: shown };
  });
  const beginning = unfinishedPackage(code.slice(0, at));
  const ask = untyped && { path: untyped.path, typed, quoted: untyped.quoted };
  if (beginning === undefined) return { content: content(code, from, to, matches), ask };
  const packages = ownPackages().filter((name) => name.startsWith(beginning));
  if (packages.length === 0) return { content: content(code, from, to, matches) };
  const others = from === at - beginning.length ? matches.filter(({ text }) => !packages.includes(text)) : [];
  return { content: content(code, at - beginning.length, to, [...listed(packages, "module"), ...others]) };
}

/** Completes the name of a magic; undefined when the cursor is not in one. */
export function completeMagic(code: string, cursor: number): Completion | undefined {
  const at = toUtf16(code, cursor);
  const typed = /^\s*%{1,2}(\w*)$/.exec(code.slice(0, at))?.[1];
  if (typed === undefined) return undefined;
  const names = MAGIC_NAMES.filter((name) => name.startsWith(typed));
  return { content: content(code, at - typed.length, at, listed(names, "magic")) };
}

const listed = (names: string[], type: string) => names.map((text) => ({ text, type, signature: "" }));

function content(
  code: string,
  from: number,
  to: number,
  matches: Pick<TypedMatch, "text" | "type" | "signature">[],
): CompleteContent {
  const start = toCodePoints(code, from);
  const end = toCodePoints(code, to);
  return {
    matches: matches.map(({ text }) => text),
    cursor_start: start,
    cursor_end: end,
    metadata: { _jupyter_types_experimental: matches.map((match) => ({ start, end, ...match })) },
  };
}

/** Names of the kernel that compiled code sees, and the user need not. */
const isOurs = (name: string) => name.startsWith("__cell");

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

function signature(service: ts.LanguageService, path: string, at: number, entry: ts.CompletionEntry): string {
  const details = service.getCompletionEntryDetails(
    path,
    at,
    entry.name,
    undefined,
    entry.source,
    undefined,
    entry.data,
  );
  return withoutAlias(ts.displayPartsToString(details?.displayParts));
}

/** What front ends choose the icon by. */
function kind(entry: ts.CompletionEntry, shown: string): string {
  if (entry.kind === ts.ScriptElementKind.memberFunctionElement) return "function";
  if (entry.kind !== ts.ScriptElementKind.alias) return entry.kind;
  const [word] = shown.split(" ", 1);
  return word === "new" ? ts.ScriptElementKind.classElement : word;
}
