/** A module's exports by name. */
export type Namespace = Record<string, unknown>;

/** Namespaces of the user's own files, whose exports are getters. */
const live = new WeakSet<Namespace>();

/**
 * The namespace of a file that keeps its variables in `scope`. As in any ES module, who imports a
 * name sees what it is by then, and an error while it is nothing yet.
 */
export class LiveNamespace {
  readonly exports: Namespace = Object.create(null);
  readonly #scope: Namespace;

  constructor(scope: Namespace) {
    this.#scope = scope;
    live.add(this.exports);
  }

  /** Exports the variable `local`. */
  add(name: string, local: string): void {
    const scope = this.#scope;
    this.#define(name, () => {
      if (!(local in scope)) throw new ReferenceError(`Cannot access '${name}' before initialization`);
      return scope[local];
    });
  }

  /** `export * from`: what the file exports itself goes before. */
  addAll(module: Namespace): void {
    for (const name of Object.keys(module)) {
      if (name !== "default" && !(name in this.exports)) this.#define(name, () => module[name]);
    }
  }

  #define(name: string, get: () => unknown): void {
    Object.defineProperty(this.exports, name, { get, enumerable: true, configurable: true });
  }
}

/**
 * `import { imported as name }` into `scope`. A name of one of the user's files follows what that
 * file makes of it, until a later cell declares `name` itself.
 */
export function bind(scope: Namespace, name: string, module: Namespace, imported: string): void {
  const fixed = (value: unknown): PropertyDescriptor => ({ value, writable: true });
  const put = (descriptor: PropertyDescriptor) =>
    Object.defineProperty(scope, name, { ...descriptor, enumerable: true, configurable: true });
  if (!live.has(module)) put(fixed(pick(module, imported)));
  else put({ get: () => module[imported], set: (value) => put(fixed(value)) });
}

/** One import of a module, with CommonJS read as TypeScript types it. */
function pick(module: Namespace, name: string): unknown {
  const commonJs = module.default as Namespace | undefined;
  if (name === "default") return commonJs?.__esModule && "default" in commonJs ? commonJs.default : commonJs;
  if (name in module) return module[name];
  if (
    commonJs !== null &&
    (typeof commonJs === "object" || typeof commonJs === "function") &&
    name in commonJs
  ) {
    return commonJs[name];
  }
  throw new SyntaxError(`The module does not export '${name}'`);
}

/** `import x = require("./file")`: what the file exports as a whole, else all that it exports. */
export function required(module: Namespace): unknown {
  return "default" in module ? module.default : namespace(module);
}

/** `import * as …`: Node sees only those names of a CommonJS module that it can guess; this has all. */
export function namespace(module: Namespace): Namespace {
  if (live.has(module)) return module;
  const commonJs = module.default;
  if (typeof commonJs !== "object" || commonJs === null) return module;
  const whole = commonJs as Namespace;
  const names = Object.keys(module).filter((name) => name !== "default" && name !== "module.exports");
  const isCommonJs = names.every((name) => module[name] === whole[name]);
  return isCommonJs && Object.keys(whole).length > names.length ? { ...whole, default: whole } : module;
}
