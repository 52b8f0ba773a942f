import type { Namespace } from "./namespace.js";

/** Names that we have made global, for code that is only made at run time. */
const exposed = new Set<string>();

/**
 * `eval(__kernel.evaluated(__scope, code))`: what is evaluated sees the variables of its function, but the
 * names of the notebook live on an object. Those that it mentions become global, unless they are something
 * else there: all of them would make packages believe that they run in a browser, where a cell has a `window`.
 */
export function evaluated(scope: Namespace, code: unknown): unknown {
  if (typeof code !== "string") return code;
  for (const [name] of code.matchAll(/[\p{ID_Start}$_][\p{ID_Continue}$]*/gu)) {
    if (!(name in scope) || (name in globalThis && !exposed.has(name))) continue;
    exposed.add(name);
    const get = () => {
      if (!(name in scope)) throw new ReferenceError(`${name} is not defined`);
      return scope[name];
    };
    const set = (value: unknown) => {
      scope[name] = value;
    };
    Object.defineProperty(globalThis, name, { get, set, configurable: true, enumerable: false });
  }
  return code;
}
