/** An option that must be a whole number of at least `least`. */
export function wholeNumber(name: string, value: number, least = 1): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`the option ${name} is ${value}; expected a whole number of at least ${least}`);
}

/** An option that must be a number above 0, at most `most`. */
export function positive(name: string, value: number, most = Number.POSITIVE_INFINITY): number {
  if (value > 0 && value <= most) return value;
  const limit = Number.isFinite(most) ? `, at most ${most}` : "";
  throw new Error(`the option ${name} is ${value}; expected a number above 0${limit}`);
}

/** An option that must be one of a few words. */
export function oneOf<T extends string>(name: string, value: T, words: readonly T[]): T {
  if (words.includes(value)) return value;
  throw new Error(
    `the option ${name} is ${JSON.stringify(value)}; expected ${words.map((w) => `"${w}"`).join(", ")}`,
  );
}
