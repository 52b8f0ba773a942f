/** What is written where a gene is named: its symbol, its Ensembl id or both, and of which genome it is. */
export interface GeneText {
  /** Readings of the symbol, the likeliest first; none where only an id is written. */
  symbols: string[];
  /** Ensembl id without version. */
  id?: string;
  /** "human" or "mouse", where several genomes were counted together and the name says which one. */
  genome?: "human" | "mouse";
}

/** An Ensembl id of a gene: of any species, with or without version, also on the Y copy of a shared region. */
const ID = /ENS[A-Z]{0,4}G(?:R\d{10}|\d{11})(?:\.\d+)?(?:_PAR_Y)?/i;
/** Cell Ranger's references of several genomes: "GRCh38_CD3D", "mm10___Cd3d"; Seurat turns "_" into "-". */
const GENOME = /^(GRCh|hg|GRCm|mm)\d{1,2}(?:[_-]premrna)?[_-]+(?=[^_-])/;
/** "gene:ENSG00000167286" of Ensembl's and "gene-CD3D" of NCBI's annotation files. */
const LABEL = /^gene[:-](?=.)/;
/** "CD3D__chr11", of protocols that count by position. */
const CHROMOSOME = /__chr\w+$/;
/** Characters without width, which come along when names are copied from a page. */
const INVISIBLE = /[\u00ad\u200b-\u200d\u2060\ufeff]/g;
const BORDER = /^[\s"'|_:;,/()[\]-]+|[\s"'|_:;,/()[\]-]+$/g;
/** What stands for a name that is missing. */
const MISSING = /^(?:nan|na|n\/a|<na>|none|null|-|\?)?$/i;

/** Whether no name is written. */
export function isMissing(text: string): boolean {
  return MISSING.test(text.trim());
}

/** Whether nothing but an Ensembl id is written. */
export function isId(text: string): boolean {
  if (!ID.test(text)) return false;
  const { id, symbols } = readGeneText(text);
  return id !== undefined && symbols.length === 0;
}

/** Of which genome a gene is, where it is written. */
export function genomeOf(text: string): GeneText["genome"] {
  return genomeIn(GENOME.exec(unquoted(text)));
}

/** Takes apart what is written where a gene is named. */
export function readGeneText(text: string): GeneText {
  let rest = unquoted(text);
  const prefix = GENOME.exec(rest);
  if (prefix) rest = rest.slice(prefix[0].length);
  const genome = genomeIn(prefix);
  rest = rest.replace(LABEL, "").replace(CHROMOSOME, "");
  const found = ID.exec(rest);
  if (found) rest = `${rest.slice(0, found.index)}|${rest.slice(found.index + found[0].length)}`;
  // "A1BG|1" of TCGA: symbol and number of Entrez.
  const symbols = rest
    .split("|")
    .map((part) => part.replace(BORDER, ""))
    .filter((part) => !isMissing(part));
  return { symbols, id: found ? plainId(found[0]) : undefined, genome };
}

function unquoted(text: string): string {
  return text
    .replace(INVISIBLE, "")
    .trim()
    .replace(/^b?(["'])(.*)\1$/, "$2");
}

function genomeIn(prefix: RegExpExecArray | null): GeneText["genome"] {
  return prefix ? (/^(GRCh|hg)/.test(prefix[1]) ? "human" : "mouse") : undefined;
}

function plainId(id: string): string {
  return id
    .toUpperCase()
    .replace(/_PAR_Y$/, "")
    .replace(/\.\d+$/, "")
    .replace(/GR(\d{10})$/, "G0$1");
}
