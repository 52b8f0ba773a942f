import { type Hierarchy, hierarchyOf } from "../evaluate/hierarchy.js";
import { cellOntology } from "../preprocess/cellOntology.js";
import { CellkernelError } from "../support/error.js";
import { readText } from "../support/readText.js";
import { whenAsked } from "../support/whenAsked.js";

const yaml = whenAsked<typeof import("yaml")>("yaml");

/** What stands for the Cell Ontology in place of a file. */
const ONTOLOGY = "cell-ontology";
const MOST_BYTES = 2 ** 24;

/** A hierarchy of a run's classes, and what the reader must know of it. */
export interface ReadHierarchy {
  hierarchy: Hierarchy;
  notes: string[];
}

/**
 * What the classes of a run are kinds of: by a YAML or JSON file of `child: parent` (or `child: [parent, parent]`), in which a
 * parent may be a term of the Cell Ontology ("CL:0000084"), whose own parents follow; or, where the file is called "cell-ontology", by the
 * terms that the classes themselves name, by id, name or exact synonym.
 *
 * @param classes names by code
 * @throws where the file is no such thing, has a cycle, or knows none of the classes
 */
export function readHierarchy(file: string, classes: readonly string[]): ReadHierarchy {
  const parents = file === ONTOLOGY ? ofOntology(classes) : withOntology(ofFile(file), classes);
  const without = classes.filter((name) => (parents.get(name) ?? []).length === 0);
  if (without.length === classes.length)
    throw new CellkernelError(
      "format",
      `${shown(file)} knows none of the classes: ${listed(classes)}. ${file === ONTOLOGY ? 'Give a file with a line for each, "class: CL:0000000" or "class: parent"' : 'It must hold lines "class: parent"'}`,
      { path: file },
    );
  return {
    hierarchy: hierarchyOf(classes, parents, shown(file)),
    notes:
      without.length === 0
        ? []
        : [`${shown(file)} does not say what these classes are kinds of: ${listed(without)}`],
  };
}

function shown(file: string): string {
  return file === ONTOLOGY ? "the Cell Ontology" : file;
}

function listed(names: readonly string[]): string {
  return names.slice(0, 8).join(", ") + (names.length > 8 ? `, … (${names.length})` : "");
}

function ofFile(path: string): Map<string, string[]> {
  let tree: unknown;
  try {
    tree = yaml().parse(readText(path, MOST_BYTES));
  } catch (error) {
    if (error instanceof CellkernelError) throw error;
    throw new CellkernelError("format", `${path} is no YAML or JSON: ${(error as Error).message}`, { path });
  }
  if (typeof tree !== "object" || tree === null || Array.isArray(tree))
    throw new CellkernelError("format", `${path} must hold lines "child: parent"`, { path });
  return new Map(
    Object.entries(tree).map(([child, given]: [string, unknown]) => {
      const parents = Array.isArray(given) ? given : given === null ? [] : [given];
      const wrong = parents.find((parent) => typeof parent !== "string" || parent === "");
      if (wrong !== undefined)
        throw new CellkernelError(
          "format",
          `${path}: the parent of ${JSON.stringify(child)} is ${JSON.stringify(wrong)}; expected a name, or a list of names (nothing is nested)`,
          { path, field: child },
        );
      return [child, parents as string[]];
    }),
  );
}

/** Terms of the ontology under their names, with all that is above them. */
function withOntology(parents: Map<string, string[]>, classes: readonly string[]): Map<string, string[]> {
  const taken = new Set([...classes, ...parents.keys()]);
  const named = new Map<string, string[]>();
  for (const [child, own] of parents)
    named.set(
      child,
      own.map((parent) => (/^CL[:_]\d{7}$/.test(parent) ? addTerm(parent, named, taken) : parent)),
    );
  return named;
}

function ofOntology(classes: readonly string[]): Map<string, string[]> {
  const { find, parents: above } = cellOntology();
  const named = new Map<string, string[]>();
  const classOf = new Map<string, string>();
  const terms = classes.map(find);
  terms.forEach((term, code) => {
    if (term !== undefined && !classOf.has(term)) classOf.set(term, classes[code]);
  });
  const taken = new Set(classes);
  terms.forEach((term, code) => {
    if (term !== undefined)
      named.set(
        classes[code],
        above.get(term)!.map((parent) => addTerm(`CL:${parent}`, named, taken, classOf)),
      );
  });
  return named;
}

/**
 * Adds a term with all above it, and returns what it is called.
 * @param taken names that are others'
 * @param classOf classes that are terms themselves
 */
function addTerm(
  id: string,
  named: Map<string, string[]>,
  taken: ReadonlySet<string>,
  classOf: ReadonlyMap<string, string> = new Map(),
): string {
  const { find, names, parents } = cellOntology();
  const term = find(id);
  if (term === undefined)
    throw new CellkernelError("format", `the Cell Ontology has no term ${id}, or it is obsolete`, {
      field: id,
    });
  const own = classOf.get(term);
  if (own !== undefined) return own;
  const name = names.get(term)!;
  const called = taken.has(name) ? `${name} (CL:${term})` : name;
  if (!named.has(called)) {
    named.set(called, []);
    named.set(
      called,
      parents.get(term)!.map((parent) => addTerm(`CL:${parent}`, named, taken, classOf)),
    );
  }
  return called;
}
