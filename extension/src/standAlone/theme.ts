/** Marks the reader's theme on the body, as JupyterLab does, and follows it. */
export function followTheme(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const mark = () => {
    document.body.dataset.jpThemeLight = String(!dark.matches);
  };
  mark();
  dark.addEventListener("change", mark);
}
