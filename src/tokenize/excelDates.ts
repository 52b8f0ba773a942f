/** Genes whose symbols Excel takes for dates: by month, the symbols of the gene of each number, today's first. */
function genesOf(month: Month, number: number): string[][] {
  const genes: string[][] = [];
  if (number === 0) return genes;
  if (month === "mar") {
    if (number <= 11) genes.push([`MARCHF${number}`, `MARCH${number}`]);
    if (number <= 2) genes.push([`MTARC${number}`, `MARC${number}`]);
  }
  if (month === "sep") {
    if (number <= 14) genes.push([`SEPTIN${number}`, `SEPT${number}`]);
    if (number === 15) genes.push(["SELENOF", "SEP15"]);
  }
  if (month === "dec" && number === 1) genes.push(["DELEC1", "DEC1"]);
  return genes;
}

type Month = "mar" | "sep" | "dec";

/** English and German month names, in full or short. */
const MONTHS: [Month, string][] = [
  ["mar", "mar|march|mär|märz|mrz"],
  ["sep", "sep|sept|september"],
  ["dec", "dec|december|dez|dezember"],
];
const NAMES = MONTHS.map(([, names]) => names).join("|");
const DAY_MONTH = new RegExp(`^(\\d{1,2})[-./ ]{1,2}(${NAMES})\\.?$`, "i");
const MONTH_DAY = new RegExp(`^(${NAMES})[-./ ](\\d{1,2})$`, "i");
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[ T]00:00:00)?$/;
/** Days since the end of 1899, of the years from 1995 to 2050. */
const SERIAL = /^(?:3[5-9]|4\d|5[0-4])\d{3}$/;

interface GeneDate {
  month: Month;
  number: number;
  /** Absent where only day and month are written. */
  year?: number;
}

/**
 * The genes that Excel made dates of: "1-Mar", "Sep-02", "2020-03-04", 43894. Only what is certain:
 * - March 1 and 2 are two genes each (MARCHF1 and MTARC1): taken where the file names the other one;
 * - whole dates and serial numbers must be at least two of one year, and no number of another kind may stand among the
 *   names.
 *
 * Source: Ziemann, Eren & El-Osta, Genome Biol. 17:177 (2016).
 * @param names all names of the place where they stand
 * @returns the symbols of the gene by what is written, today's first
 */
export function undoDates(names: readonly string[]): Map<string, string[]> {
  const written = new Set(names);
  const dates = new Map<string, GeneDate>();
  let sure = true;
  for (const name of written) {
    const date = readDate(name);
    if (date && genesOf(date.month, date.number).length > 0) dates.set(name, date);
    else if (/^\d+$/.test(name)) sure = false;
  }
  const whole = [...dates.values()].filter(({ year }) => year !== undefined);
  sure &&= whole.length > 1 && new Set(whole.map(({ year }) => year)).size === 1;
  const repeated = (name: string) =>
    written.has(`${name}-1`) || written.has(`${name}.1`) || names.indexOf(name) !== names.lastIndexOf(name);
  const undone = new Map<string, string[]>();
  for (const [name, { month, number, year }] of dates) {
    if (year !== undefined && !sure) continue;
    const genes = genesOf(month, number);
    const left = genes.filter((symbols) => !symbols.some((symbol) => written.has(symbol)));
    // Of two genes that became the same date, nothing says which is which.
    if (left.length === 1 && !(genes.length > 1 && repeated(name))) undone.set(name, left[0]);
  }
  return undone;
}

/** How a date begins: all that is no such text is done with here. */
const BEGINS = /^[\dmsd]/i;

function readDate(text: string): GeneDate | undefined {
  if (!BEGINS.test(text)) return undefined;
  const short = DAY_MONTH.exec(text) ?? MONTH_DAY.exec(text);
  if (short) {
    const [day, name] = /^\d/.test(short[1]) ? [short[1], short[2]] : [short[2], short[1]];
    const month = MONTHS.find(([, names]) => names.split("|").includes(name.toLowerCase()))![0];
    return { month, number: Number(day) };
  }
  const iso = ISO.exec(text);
  if (iso) return monthly(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  if (!SERIAL.test(text)) return undefined;
  const date = new Date(Date.UTC(1899, 11, 30 + Number(text)));
  return monthly(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
}

function monthly(year: number, month: number, number: number): GeneDate | undefined {
  const name = ({ 3: "mar", 9: "sep", 12: "dec" } as const)[month];
  return name && { month: name, number, year };
}
