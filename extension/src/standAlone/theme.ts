/** Marks the reader's theme on the body, as JupyterLab does, and follows it; a page that has a theme of its own keeps it. */
export function followTheme(): void {
  if (document.body.dataset.jpThemeLight) return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const mark = () => {
    document.body.dataset.jpThemeLight = String(!dark.matches);
  };
  mark();
  dark.addEventListener("change", mark);
}
