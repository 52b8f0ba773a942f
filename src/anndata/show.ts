import { firstRepeated } from "../support/distinct.js";
import { escapeText } from "../support/markup.js";
import type { AnnData } from "./anndata.js";
import { describeMatrices } from "./chooseMatrix.js";

/** Names that repeat, so that rows cannot be told apart by them. */
export function repeatedNames(names: readonly string[]): string[] {
  if (firstRepeated(names) === undefined) return [];
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  return [...repeated];
}

/** What the data is, as anndata prints it, and what its matrices seem to hold. */
export function showText(adata: AnnData): string {
  const lines = [`AnnData object with n_obs × n_vars = ${adata.nObs} × ${adata.nVars}`];
  for (const [group, names] of groups(adata))
    lines.push(`    ${group}: ${names.map((name) => `'${name}'`).join(", ")}`);
  for (const [label, text] of matrices(adata)) lines.push(`    ${label}: ${text}`);
  return [...lines, ...remarks(adata).map((remark) => `    ${remark}`)].join("\n");
}

/** The same as a small table; it takes its colours from the page. */
export function showHtml(adata: AnnData): string {
  const row = (head: string, body: string) =>
    `<tr><th scope="row" style="text-align: left; vertical-align: top">${escapeText(head)}</th>` +
    `<td style="text-align: left">${body}</td></tr>`;
  const rows = [
    ...[...groups(adata)].map(([group, names]) =>
      row(group, names.map((name) => `<code>${escapeText(name)}</code>`).join(", ")),
    ),
    ...[...matrices(adata)].map(([label, text]) => row(label, escapeText(text))),
    ...remarks(adata).map((remark) => row("note", escapeText(remark))),
  ];
  const caption = `AnnData: ${adata.nObs} cells × ${adata.nVars} genes (<code>${escapeText(adata.path)}</code>)`;
  return `<table><caption style="text-align: left">${caption}</caption><tbody>${rows.join("")}</tbody></table>`;
}

function groups(adata: AnnData): Map<string, string[]> {
  const all: [string, string[]][] = [
    ["obs", adata.obs.columnNames()],
    ["var", adata.var.columnNames()],
    ["uns", adata.uns.keys()],
    ["obsm", adata.obsm.keys()],
    ["varm", adata.varm.keys()],
    ["layers", [...adata.layers.keys()]],
    ["obsp", adata.obsp.keys()],
    ["varp", adata.varp.keys()],
  ];
  return new Map(all.filter(([, names]) => names.length > 0));
}

/** A damaged matrix must not keep the rest from being shown. */
function matrices(adata: AnnData): Map<string, string> {
  try {
    return describeMatrices(adata);
  } catch (error) {
    return new Map([["matrices", `cannot be read: ${(error as Error).message}`]]);
  }
}

function remarks(adata: AnnData): string[] {
  const out = [...adata.remarks];
  const cells = repeatedNames(adata.obsNames);
  if (cells.length > 0)
    out.push(`Cell names are not unique: ${cells.length} repeat, for instance ${cells[0]}.`);
  const genes = repeatedNames(adata.varNames);
  if (genes.length > 0)
    out.push(`Gene names are not unique: ${genes.length} repeat, for instance ${genes[0]}.`);
  for (const { path, encoding } of adata.unread)
    out.push(`${path.slice(1)} is not read: it has the encoding "${encoding}".`);
  if (adata.nObs === 0 || adata.nVars === 0) out.push("The matrix is empty.");
  return out;
}
