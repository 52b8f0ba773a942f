import type { Ask, CompleteContent } from "./language/complete.js";
import type { Member } from "./members.js";

/** A completion with the names of the value added to what its type tells. */
export function withMembers(
  content: CompleteContent,
  { typed, quoted }: Ask,
  members: Member[],
): CompleteContent {
  const { matches, cursor_start: start, cursor_end: end, metadata } = content;
  const fits = ([name]: Member) =>
    !matches.includes(name) &&
    name.toLowerCase().startsWith(typed.toLowerCase()) &&
    (quoted || /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name));
  const found = members.filter(fits);
  const typedMatches = found.map(([text, type]) => ({ start, end, text, type, signature: "" }));
  return {
    ...content,
    matches: [...matches, ...found.map(([name]) => name)],
    metadata: {
      _jupyter_types_experimental: [...metadata._jupyter_types_experimental, ...typedMatches],
    },
  };
}
