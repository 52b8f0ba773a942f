import ts = require("typescript");

import { withoutAlias } from "./alias.js";
import { toUtf16 } from "./positions.js";

export interface InspectContent {
  found: boolean;
  data: Record<string, string>;
  metadata: object;
}

/** Answers an `inspect_request`: what is under the cursor, its signature and its doc comment. */
export function inspect(
  service: ts.LanguageService,
  path: string,
  code: string,
  cursor: number,
): InspectContent {
  const at = toUtf16(code, cursor);
  const info = quickInfo(service, path, code, at);
  if (!info) return { found: false, data: {}, metadata: {} };
  const signature = withoutAlias(ts.displayPartsToString(info.displayParts));
  const documentation = ts.displayPartsToString(info.documentation);
  const tags = (info.tags ?? []).map(({ name, text }) => ({ name, text: ts.displayPartsToString(text) }));
  const plain = [signature, documentation, ...tags.map(({ name, text }) => `@${name} ${text}`)];
  const markdown = [
    `\`\`\`typescript\n${signature}\n\`\`\``,
    documentation,
    ...tags.map(({ name, text }) => `*@${name}* ${text}`),
  ];
  return {
    found: true,
    data: { "text/plain": joined(plain), "text/markdown": joined(markdown) },
    metadata: {},
  };
}

const joined = (parts: string[]) => parts.filter(Boolean).join("\n\n");

/** At the cursor; or just before it, as after a whole word; or of the function whose arguments are being typed. */
function quickInfo(
  service: ts.LanguageService,
  path: string,
  code: string,
  at: number,
): ts.QuickInfo | undefined {
  const here =
    service.getQuickInfoAtPosition(path, at) ??
    (at > 0 ? service.getQuickInfoAtPosition(path, at - 1) : undefined);
  if (here) return isUnknown(here) ? ofType(service, path, here.textSpan) : here;
  const help = service.getSignatureHelpItems(path, at, undefined);
  if (!help) return undefined;
  const open = code.lastIndexOf("(", help.applicableSpan.start);
  return open > 0 ? service.getQuickInfoAtPosition(path, open - 1) : undefined;
}

/** A name that means no value is shown as `any`, without a symbol. */
const isUnknown = (info: ts.QuickInfo) => info.kind === ts.ScriptElementKind.unknown;

/** Of a type whose name stands alone, where TypeScript looks for a value. */
function ofType(service: ts.LanguageService, path: string, span: ts.TextSpan): ts.QuickInfo | undefined {
  const program = service.getProgram()!;
  const file = program.getSourceFile(path)!;
  const name = file.text.slice(span.start, span.start + span.length);
  return typeInfo(service, file, name);
}

/** What there is to say of the type `name`, as seen from the top level of `file`. */
export function typeInfo(
  service: ts.LanguageService,
  file: ts.SourceFile,
  name: string,
): ts.QuickInfo | undefined {
  const checker = service.getProgram()!.getTypeChecker();
  const meaning = ts.SymbolFlags.Type | ts.SymbolFlags.Namespace | ts.SymbolFlags.Alias;
  const symbol = checker.getSymbolsInScope(file, meaning).find((each) => each.name === name);
  const declaration = symbol?.declarations?.[0];
  const identifier = declaration && ts.getNameOfDeclaration(declaration);
  if (!identifier) return undefined;
  return service.getQuickInfoAtPosition(identifier.getSourceFile().fileName, identifier.getStart());
}
