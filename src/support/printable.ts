/**
 * Control characters but tab and line feed, halves of surrogate pairs and U+FFFE, U+FFFF: no XML holds them, and terminals
 * obey some. The marks that turn the direction of writing would turn what stands beside them as well.
 */
const UNPRINTABLE = /(?![\t\n])[\p{Cc}\p{Cs}\ufffe\uffff\u202a-\u202e\u2066-\u2069]/gu;

/** Text as a page, a picture or a terminal can hold it: what none may hold becomes □, which the pictures' font has. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, "□");
}
