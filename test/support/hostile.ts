import assert from "node:assert/strict";

/** What an attacker would write into a name, a label, a path or a message. Each says `PWN` where it runs. */
export const HOSTILE: readonly string[] = [
  `<img src=x onerror="(window.PWN=window.PWN||[]).push('element')">`,
  "</td></text></script><script>window.PWN=['script']</script>",
  `" onmouseover="window.PWN=['attribute']" x='`,
  "<svg/onload=window.PWN=['svg']>",
  "]]><!--<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;",
  "[x](javascript:window.PWN=['link']) ![i](http://127.0.0.1:9/i)",
  '"+(window.PWN=["expression"])+"',
  "datum['PWN'] && event",
  "&lt;img src=x onerror=1&gt;",
];

/** Characters that break pictures, terminals and what stands beside them. */
export const UNPRINTABLE: readonly string[] = [
  ...[0x0, 0x1, 0x8, 0xb, 0xc, 0xd, 0x1b, 0x1f, 0x7f, 0x85, 0x9f, 0xfffe, 0xffff, 0x202e, 0x2066],
  ...[0xd800, 0xdfff],
].map((code) => String.fromCharCode(code));

const ELEMENT = /<\/?([A-Za-z]+)((?: [A-Za-z][\w:-]*="[^"<>]*")*) ?\/?>/g;
const ATTRIBUTE = / ([A-Za-z][\w:-]*)="[^"<>]*"/g;

/**
 * Fails where markup has any element or attribute but those named, or a bracket that is part of none. Written with what
 * HTML and XML have in common, so that both read it alike.
 */
export function assertOnly(markup: string, elements: readonly string[], attributes: readonly string[]): void {
  const rest = markup.replace(ELEMENT, (all, element: string, inside: string) => {
    assert.ok(elements.includes(element), `${all} in\n${markup.slice(0, 2000)}`);
    for (const [, name] of inside.matchAll(ATTRIBUTE))
      assert.ok(attributes.includes(name), `${name} of ${all}`);
    return "";
  });
  assert.equal(/.{0,80}[<>].{0,80}/.exec(rest)?.[0], undefined, "markup that is none of ours");
}
