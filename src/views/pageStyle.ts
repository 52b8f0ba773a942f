const LIGHT =
  "--ground: #fff; --panel: #f5f6f8; --ink: #1c1e21; --soft: #5d6570; --rule: #dfe2e6; --accent: #0072b2; --grey: #b3b9c1; --warn: #8a3b00; --warn-ground: #fff3e4;";
const DARK =
  "--ground: #15171a; --panel: #1e2125; --ink: #e8e9eb; --soft: #a3abb5; --rule: #33373d; --accent: #56b4e9; --grey: #646c76; --warn: #ffc48a; --warn-ground: #3a2712;";

/** The look of a page that stands alone: by the reader's theme on a screen, light on paper. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1020px; padding: 32px 24px 64px; background: var(--ground); color: var(--ink);
  font: 15px/1.5 Inter, system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.75em; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 0 0 4px; font-size: 1.2em; }
header p, .help { margin: 4px 0 12px; color: var(--soft); }
.help { font-size: 0.87em; max-width: 75ch; }
section { margin-top: 36px; }
.warning { margin: 16px 0 0; padding: 12px 16px; border-left: 4px solid currentColor; border-radius: 4px;
  background: var(--warn-ground); color: var(--warn); font-weight: 500; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 24px 0 0; }
.figures div { padding: 12px 16px; border-radius: 8px; background: var(--panel); }
.figures dt { color: var(--soft); font-size: 0.87em; }
.figures dd { margin: 0; }
.figures .value { font-size: 1.6em; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures .more { color: var(--soft); font-size: 0.87em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 20px 4px 0; text-align: left; vertical-align: middle; border-bottom: 1px solid var(--rule); font-weight: 400; }
thead th { color: var(--soft); font-size: 0.87em; white-space: nowrap; }
tbody th { min-width: 6em; overflow-wrap: break-word; }
.number { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
.line { display: block; }
.line path { fill: none; }
.line .axis { stroke: var(--rule); }
.line .span { stroke: var(--accent); stroke-width: 1.5; }
.line .box { fill: var(--accent); fill-opacity: 0.35; }
.line .median { stroke: var(--ink); stroke-width: 2.5; }
.line .threshold { stroke: var(--soft); stroke-dasharray: 2 2; }
.composition { width: 100%; }
.composition .bars { width: 55%; min-width: 8em; }
.bar { display: block; height: 7px; border-radius: 0 3px 3px 0; }
.bar + .bar { margin-top: 2px; }
.here, .share span { background: var(--accent); }
.there { background: var(--grey); }
.share { max-width: 480px; margin-bottom: 10px; height: 8px; border-radius: 4px; background: var(--rule); overflow: hidden; }
.share span { display: block; height: 100%; }
.plot { overflow-x: auto; padding: 0 40px 0 24px; }
.plot svg { display: block; max-width: 100%; height: auto; overflow: visible; }
.dark { display: none; }
.made td, .made th { vertical-align: top; font-size: 0.87em; overflow-wrap: anywhere; }
.made th { color: var(--soft); white-space: nowrap; }
ul { margin: 8px 0 0; padding-left: 20px; }
li { margin: 4px 0; overflow-wrap: anywhere; }
@media screen and (prefers-color-scheme: dark) { .light { display: none; } .dark { display: block; } }
@media print {
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 11.5px; }
  .scroll, .plot { overflow: visible; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  section { margin-top: 20px; }
  tr, .plot, .figures div { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`;
