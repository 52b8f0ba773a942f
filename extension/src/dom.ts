/** A new element with a class of ours and, at will, text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  text?: string,
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = `cellkernel-${name}`;
  if (text !== undefined) node.textContent = text;
  return node;
}

/** Calls back when the page's theme changes; returns what ends that. JupyterLab marks the theme on the body. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(() => requestAnimationFrame(changed));
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"],
  });
  return () => observer.disconnect();
}

/** Whether the page is dark. JupyterLab marks it on the body; elsewhere the reader's system is asked. */
export function isDark(): boolean {
  const { jpThemeLight } = document.body.dataset;
  if (jpThemeLight !== undefined) return jpThemeLight === "false";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The colour that an element's CSS gives a property, as red, green, blue in 0 … 255. */
export function computedColor(
  node: HTMLElement,
  property: "color" | "backgroundColor",
): [number, number, number] {
  const [r, g, b] = (getComputedStyle(node)[property].match(/[\d.]+/g) ?? ["255", "255", "255"]).map(Number);
  return [r, g, b];
}

let pen: CanvasRenderingContext2D | null | undefined;

/** Width of a line of text in CSS pixels. */
export function textWidth(
  text: string,
  { fontWeight, fontSize, fontFamily }: Pick<CSSStyleDeclaration, "fontWeight" | "fontSize" | "fontFamily">,
): number {
  pen ??= document.createElement("canvas").getContext("2d");
  if (!pen) return text.length * 7;
  pen.font = `${fontWeight} ${fontSize} ${fontFamily}`;
  return pen.measureText(text).width;
}
