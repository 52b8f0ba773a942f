import { EventEmitter } from "node:events";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { promiseHooks } from "node:v8";
import type { Cell } from "./cell.js";
import { context } from "./context.js";

// The modules that `import` and `require` hand out, which can be written to.
const require = createRequire(import.meta.url);

class Itself {
  constructor(itself: object) {
    // biome-ignore lint/correctness/noConstructorReturn: a class that extends this one adds its fields to `itself`.
    return itself;
  }
}

/** Writes on an object, where nobody else can see it, for which cell it was made. */
class Owned extends Itself {
  readonly #cell: Cell | undefined;

  constructor(made: object, cell: Cell | undefined) {
    super(made);
    this.#cell = cell;
  }

  static is(made: object): boolean {
    return #cell in made;
  }

  static by(made: object): Cell | undefined {
    return #cell in made ? made.#cell : undefined;
  }
}

/** For which cell a promise or an emitter of events was made. */
export const ownerOf = (made: object): Cell | undefined => Owned.by(made);

/** Makes what is begun go on, and end, on behalf of the cell that began it. */
export function followCells(): void {
  promiseHooks.createHook({
    init: (promise) => void new Owned(promise, context.current),
    before: (promise) => context.enter(Owned.by(promise)),
    after: () => context.leave(),
  });
  const timers = require("node:timers") as Record<string, unknown>;
  for (const name of ["setTimeout", "setInterval", "setImmediate"] as const)
    timers[name] = globalThis[name] = bound(globalThis[name] as Begin) as never;
  globalThis.queueMicrotask = bound(globalThis.queueMicrotask as Begin) as never;
  process.nextTick = bound(process.nextTick as Begin) as typeof process.nextTick;
  followFiles();
  followEmitters();
  syncBuiltinESMExports();
}

/** Reading a file takes several steps, of which only the first is begun by the cell. */
function followFiles(): void {
  const fs = require("node:fs") as Record<string, Begin>;
  for (const name of Object.keys(fs)) {
    const begin = fs[name];
    if (typeof begin !== "function" || typeof fs[`${name}Sync`] !== "function") continue;
    const bound = (...args: unknown[]) => {
      const cell = context.current;
      const last = args.at(-1);
      if (typeof last !== "function" || !cell) return begin(...(args as Parameters<Begin>));
      const callback = (...results: unknown[]) => context.on(cell, () => last(...results));
      return begin(...([...args.slice(0, -1), callback] as unknown as Parameters<Begin>));
    };
    fs[name] = Object.defineProperties(bound, Object.getOwnPropertyDescriptors(begin));
  }
}

/** Streams, servers and child processes tell what happens on behalf of the cell that made them. */
function followEmitters(): void {
  const emitters = EventEmitter as unknown as { init(this: object, ...options: unknown[]): void };
  const { init } = emitters;
  emitters.init = function (...options) {
    // A stream that is read and written is made twice.
    if (!Owned.is(this)) new Owned(this, context.current);
    init.apply(this, options);
  };
  const { emit } = EventEmitter.prototype;
  EventEmitter.prototype.emit = function (...event) {
    const cell = context.isKnown ? undefined : Owned.by(this);
    return cell ? context.on(cell, () => emit.apply(this, event)) : emit.apply(this, event);
  };
}

type Callback = (...args: unknown[]) => void;
type Begin = (callback: Callback, ...rest: unknown[]) => unknown;

function bound(begin: Begin): Begin {
  const bound = (callback: Callback, ...rest: unknown[]) => {
    const cell = context.current;
    if (typeof callback !== "function" || !cell) return begin(callback, ...rest);
    return begin((...args) => context.on(cell, () => callback(...args)), ...rest);
  };
  // `util.promisify(setTimeout)` finds its promise form here.
  return Object.defineProperties(bound, Object.getOwnPropertyDescriptors(begin));
}
