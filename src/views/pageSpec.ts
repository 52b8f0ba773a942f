/** What our plots' greys are for on a page: JupyterLab's variables, which change with its theme, else what they are on white. */
const INKS: Readonly<Record<string, string>> = {
  "#222": "var(--jp-content-font-color1, #222)",
  "#444": "var(--jp-content-font-color1, #444)",
  "#666": "var(--jp-content-font-color2, #666)",
  "#888": "var(--jp-content-font-color2, #888)",
  "#bbb": "var(--jp-border-color1, #bbb)",
  "#eee": "var(--jp-border-color2, #eee)",
};

type Spec = Record<string, unknown>;

/**
 * A specification for a page: on the page's own ground, in its colours, as SVG, whose colours follow a change of the theme,
 * and which shrinks to its place. (A width of "container" would come to nothing where JupyterLab draws before the place
 * stands in the page.)
 */
export function pageSpec<T extends Spec>(spec: T): T {
  const { data, datasets, ...drawn } = spec;
  return {
    ...(inked(drawn) as Spec),
    ...(data !== undefined && { data }),
    ...(datasets !== undefined && { datasets }),
    background: "transparent",
    usermeta: { embedOptions: { renderer: "svg" } },
  } as unknown as T;
}

/** The greys of everything but the data. */
function inked(value: unknown): unknown {
  if (typeof value === "string") return INKS[value] ?? value;
  if (Array.isArray(value)) return value.map(inked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, own]) => {
      if (key === "title" && typeof own === "string") return [key, quotable(own)];
      return [key, key === "data" || key === "datasets" ? own : inked(own)];
    }),
  );
}

/** A title that JupyterLab's Vega-Lite (5) can put between quotes as it is, as it does for what a mark says to screen readers. */
function quotable(title: string): string {
  return title.replaceAll('"', "”").replaceAll("\\", "⧵");
}
