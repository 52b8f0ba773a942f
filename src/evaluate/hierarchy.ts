import { CellkernelError } from "../support/error.js";

/** Classes and what they are kinds of. A node may have several parents. */
export interface Hierarchy {
  /** Names by node; the first are the classes, in their order. */
  names: string[];
  /** [nodes] each with all that it is a kind of. */
  lines: Int32Array[];
  /** [nodes] the classes that are of its kind, itself among them where it is one. */
  classesOf: Int32Array[];
  /** [classes] the nodes of its line, the most special first: of the fewest classes, of these the deepest. */
  answers: Int32Array[];
}

/**
 * @param classes names of the classes
 * @param parentsOf by name
 * @param source what messages call it
 * @throws where a node is a kind of itself; the message names the cycle
 */
export function hierarchyOf(
  classes: readonly string[],
  parentsOf: ReadonlyMap<string, readonly string[]>,
  source = "the hierarchy",
): Hierarchy {
  refuseCycles(parentsOf, source);
  const names = [...classes];
  const nodeOf = new Map(names.map((name, node) => [name, node]));
  const lines: Int32Array[] = [];
  for (let node = 0; node < names.length; node++) {
    const line = new Set([names[node]]);
    // What is added while it is gone through is gone through, too.
    for (const name of line) for (const parent of parentsOf.get(name) ?? []) line.add(parent);
    for (const name of line)
      if (!nodeOf.has(name)) {
        nodeOf.set(name, names.length);
        names.push(name);
      }
    lines.push(Int32Array.from(line, (name) => nodeOf.get(name)!));
  }
  const under = names.map((): number[] => []);
  classes.forEach((_, code) => {
    for (const node of lines[code]) under[node].push(code);
  });
  const before = (a: number, b: number) =>
    under[a].length - under[b].length || lines[b].length - lines[a].length || a - b;
  return {
    ...{ names, lines },
    classesOf: under.map((own) => Int32Array.from(own)),
    answers: classes.map((_, code) => lines[code].slice().sort(before)),
  };
}

function refuseCycles(parentsOf: ReadonlyMap<string, readonly string[]>, source: string): void {
  const done = new Set<string>();
  const climb = (name: string, path: readonly string[]): void => {
    const at = path.indexOf(name);
    if (at >= 0)
      throw new CellkernelError(
        "format",
        `${source} has a cycle: ${[...path.slice(at), name].map((one) => JSON.stringify(one)).join(" is a ")}; take one of these steps out`,
        { cycle: path.slice(at) },
      );
    if (done.has(name)) return;
    for (const parent of parentsOf.get(name) ?? []) climb(parent, [...path, name]);
    done.add(name);
  };
  for (const name of parentsOf.keys()) climb(name, []);
}

/** What is answered for a cell. */
export interface HierarchyAnswer {
  /** −1 where nothing is probable enough. */
  node: number;
  /** Of that node: the sum of its classes'; NaN without one. */
  probability: number;
}

/**
 * The most special kind of a cell's label that is probable enough: the label itself, or what it is a kind of. A kind is as
 * probable as its classes together.
 * @param label code of the likeliest class
 * @param scores [classes]: probability of each
 */
export function hierarchyAnswer(
  { answers, classesOf }: Hierarchy,
  label: number,
  scores: ArrayLike<number>,
  least: number,
): HierarchyAnswer {
  for (const node of answers[label]) {
    const probability = classesOf[node].reduce((sum, code) => sum + scores[code], 0);
    if (probability >= least) return { node, probability: Math.min(1, probability) };
  }
  return { node: -1, probability: Number.NaN };
}

/** How right answers are, kind by kind. */
export interface HierarchyFigures {
  precision: number;
  recall: number;
  f1: number;
}

/**
 * Hierarchical precision, recall and F1: of the nodes in the lines of all answers those that are in the lines of the truth, and the
 * other way round. Nodes of which every class is a kind tell nothing and are left out.
 * Source: Kiritchenko et al. 2006, Silla & Freitas 2011 (hiclass.metrics, average "micro").
 *
 * @param truth [cells]: true class
 * @param answered [cells]: node; −1 for none
 */
export function hierarchyFigures(
  { lines, classesOf, answers }: Hierarchy,
  truth: ArrayLike<number>,
  answered: ArrayLike<number>,
): HierarchyFigures {
  const telling = lines.map((line) => line.filter((node) => classesOf[node].length < answers.length));
  let [both, said, real] = [0, 0, 0];
  for (let cell = 0; cell < truth.length; cell++) {
    const own = new Set(telling[truth[cell]]);
    real += own.size;
    if (answered[cell] < 0) continue;
    const line = telling[answered[cell]];
    said += line.length;
    both += line.filter((node) => own.has(node)).length;
  }
  const [precision, recall] = [both / said, both / real];
  return { precision, recall, f1: (2 * both) / (said + real) };
}
