import { types } from "node:util";

/** A name that a value has, and what front ends choose its icon by. */
export type Member = [name: string, type: string];

/** More than these are no help to anybody. */
const MOST = 500;

/**
 * The names that the value at a path has, of which the checker knows nothing (`const cfg = JSON.parse(…)`).
 * Nothing of the user's runs for that: what a getter or a proxy would have to tell stays untold.
 */
export function membersAt(path: string[], scope: object): Member[] {
  const [root, ...rest] = path;
  // A name of a file that is imported is a getter, of ours.
  const found = root in scope ? Reflect.get(scope, root) : Reflect.get(globalThis, root);
  return membersOf(rest.reduce<unknown>(dataOf, found)).slice(0, MOST);
}

function dataOf(value: unknown, name: string): unknown {
  for (const each of chain(value)) {
    const own = Object.getOwnPropertyDescriptor(each, name);
    if (own) return own.value;
  }
  return undefined;
}

function membersOf(value: unknown): Member[] {
  const found = new Map<string, string>();
  for (const each of chain(value)) {
    if (each === Object.prototype) break;
    for (const name of namesOf(each)) {
      if (found.has(name) || name === "constructor") continue;
      const { value } = Object.getOwnPropertyDescriptor(each, name)!;
      found.set(name, typeof value === "function" ? "function" : "property");
    }
  }
  return [...found];
}

/** A typed array or a list has too many to tell, and nobody types them. */
const namesOf = (value: object) =>
  (Array.isArray(value) && value !== Array.prototype) || ArrayBuffer.isView(value)
    ? ["length"]
    : Object.getOwnPropertyNames(value);

/** An object and its prototypes, up to a proxy. */
function* chain(value: unknown): Generator<object> {
  if (value === undefined || value === null) return;
  for (
    let next: object | null = Object(value);
    next && !types.isProxy(next);
    next = Object.getPrototypeOf(next)
  )
    yield next;
}
