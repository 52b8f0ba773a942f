import type { MimeBundle } from "../host/host.js";
import { escapeText } from "../support/markup.js";
import { shownName } from "../views/names.js";
import { viewPlace } from "../views/page/place.js";
import type { PageContents } from "../views/page/sharedEmbedding.js";
import { livePage } from "../views/page/writeHtml.js";

/** What the page of an evaluation shows. */
export interface ReportPageParts {
  title: string;
  subtitle: string;
  /** Each with its heading and, at will, a sentence that says what is seen. */
  views: readonly { heading: string; help?: string; bundle: MimeBundle }[];
}

/** An evaluation as one HTML page that stands alone, with live views; see `writeHtml` for what goes into it. */
export function reportPage({ title, subtitle, views }: ReportPageParts, contents: PageContents): string {
  const sections = views.map(({ heading, help, bundle }) => {
    const said = help ? `<p class="help">${escapeText(help)}</p>` : "";
    return `<section><h2>${escapeText(heading)}</h2>${said}${viewPlace(bundle, contents)}</section>`;
  });
  const header = `<header><h1>${escapeText(shownName(title))}</h1><p>${escapeText(shownName(subtitle))}</p></header>`;
  return livePage(title, [header, ...sections].join("\n"));
}
