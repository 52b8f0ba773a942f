/** What was looked at, and how it is. */
export interface Finding {
  /** "Node", "JupyterLab", … */
  part: string;
  /** `note`: works, with something that is good to know. */
  state: "right" | "note" | "wrong";
  /** What was found, with versions and places. */
  found: string;
  /** What to do; always there when something is wrong. */
  remedy?: string;
}

export const right = (part: string, found: string): Finding => ({ part, state: "right", found });
export const note = (part: string, found: string, remedy?: string): Finding => ({
  ...{ part, state: "note", found },
  ...(remedy === undefined ? {} : { remedy }),
});
export const wrong = (part: string, found: string, remedy: string): Finding => ({
  ...{ part, state: "wrong", found, remedy },
});

/** Whether a version ("4.6.1", "20.19.0rc1") is at least `[major, minor]`. */
export function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a, b] = version.split(".").map((part) => Number.parseInt(part, 10));
  return a > major || (a === major && b >= minor);
}
