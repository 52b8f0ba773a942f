import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const TABLE = new URL("../../../ontology/cell.tsv.gz", import.meta.url);
const ID = /^CL[:_](\d{7})$/;

/** The terms of the Cell Ontology, by their ids' digits. */
export interface CellOntology {
  names: Map<string, string>;
  parents: Map<string, string[]>;
  /** The term of an id ("CL:0000084"), a name or an exact synonym, whatever its case; undefined for none. */
  find(text: string): string | undefined;
}

let read: CellOntology | undefined;

/** Reads `ontology/cell.tsv.gz`, once. */
export function cellOntology(): CellOntology {
  if (read) return read;
  const names = new Map<string, string>();
  const parents = new Map<string, string[]>();
  const known = new Map<string, string>();
  const synonyms: [string, string][] = [];
  for (const line of gunzipSync(readFileSync(TABLE)).toString("utf8").trimEnd().split("\n")) {
    const [id, above, name, ...others] = line.split("\t");
    names.set(id, name);
    parents.set(id, above === "" ? [] : above.split(" "));
    known.set(name.toLowerCase(), id);
    for (const other of others) synonyms.push([other.toLowerCase(), id]);
  }
  // A name comes before another term's synonym.
  for (const [synonym, id] of synonyms) if (!known.has(synonym)) known.set(synonym, id);
  read = {
    ...{ names, parents },
    find: (text) => {
      const [, id] = ID.exec(text.trim()) ?? [];
      return id === undefined ? known.get(text.trim().toLowerCase()) : names.has(id) ? id : undefined;
    },
  };
  return read;
}
