import { createHash } from "node:crypto";
import { escapeText } from "../../support/markup.js";

/** What a page is made of. Text of the data must have been escaped. */
export interface PageParts {
  title: string;
  /** CSS. */
  style: string;
  /** HTML of the body. */
  body: string;
  /** The one script that the page runs. */
  script?: string;
}

/**
 * An HTML page that stands alone. Its own policy forbids it to load anything from elsewhere, and to run any script but
 * the one that it names by its hash.
 */
export function htmlPage({ title, style, body, script }: PageParts): string {
  const hash = script && createHash("sha256").update(script).digest("base64");
  const policy = [
    "default-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "style-src 'unsafe-inline'",
    // Pictures that the views make of themselves to be saved are blobs.
    script ? "img-src data: blob:" : "img-src data:",
    ...(hash ? [`script-src 'sha256-${hash}'`] : []),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
${script ? `<script>${script}</script>\n` : ""}</body>
</html>
`;
}
