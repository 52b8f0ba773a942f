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
    service.getQuickInfoAtPosition(path, at) ?? (at > 0 && service.getQuickInfoAtPosition(path, at - 1));
  if (here) return here;
  const help = service.getSignatureHelpItems(path, at, undefined);
  if (!help) return undefined;
  const open = code.lastIndexOf("(", help.applicableSpan.start);
  return open > 0 ? service.getQuickInfoAtPosition(path, open - 1) : undefined;
}
