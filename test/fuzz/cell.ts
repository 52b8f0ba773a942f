import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import type { Random } from "../../src/support/random.js";
import { KernelProcess } from "./kernelProcess.js";
import { any, type Execution, type Target } from "./target.js";

/** Cells of a notebook. */
const CELLS = 6;
/** After this many notebooks the kernel is another. */
const NOTEBOOKS = 40;

/**
 * Notebooks of random cells in our kernel, beside one program of the same statements that Node runs: what each cell
 * prints, the value at its end and the error that ends it must be the same. Where a cell declares a name again, the
 * program assigns to it.
 */
export class CellTarget implements Target {
  private readonly folder = mkdtempSync(join(tmpdir(), "fuzz-cells-"));
  private kernel: KernelProcess | undefined;
  private notebooks = 0;

  async execute(random: Random): Promise<Execution> {
    if (this.notebooks++ % NOTEBOOKS === 0) await this.stop();
    this.kernel ??= await KernelProcess.start();
    const { kernel } = this;
    await kernel.run("%reset");
    const notebook = new Notebook(random);
    const cells = Array.from({ length: CELLS }, () => notebook.cell());
    const expected = await this.independently(cells, notebook.names());
    const input = join(this.folder, "notebook.ts");
    writeFileSync(input, cells.map(({ kernel: code }) => code).join("\n// ---\n"));
    let longest = 0;
    for (const [i, { kernel: code }] of cells.entries()) {
      const started = performance.now();
      const result = await kernel.run(code, 20);
      longest = Math.max(longest, performance.now() - started);
      const said =
        result &&
        `${result.stdout}${result.value === undefined ? "" : `= ${result.value}\n`}${result.evalue ? `! ${result.evalue}\n` : ""}`;
      if (said === expected[i]) continue;
      await this.stop();
      const find = `cell ${i + 1}: ${JSON.stringify(said)}, by itself ${JSON.stringify(expected[i])}, of:\n${code}`;
      return { outcome: "otherwise", ms: longest, megabytes: 0, find, input };
    }
    return { outcome: "alike", ms: longest, megabytes: kernel.megabytes() };
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async stop(): Promise<void> {
    await this.kernel?.close();
    this.kernel = undefined;
  }

  /** What each cell says in a program that Node runs. */
  private async independently(cells: Cell[], names: string[]): Promise<string[]> {
    const bodies = cells.map(
      ({ program, value }) =>
        `try { ${program}\n${value ? `console.log("= " + (${value}));` : ""} } catch (error) { console.log("! " + error.message); }\nconsole.log("---");`,
    );
    const typed = `let ${names.map((name) => `${name}: any`).join(", ")};\n${bodies.join("\n")}\nexport {};`;
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    const path = join(this.folder, "program.mjs");
    writeFileSync(path, ts.transpileModule(typed, { compilerOptions: options }).outputText);
    const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout.on("data", (chunk) => {
      printed += chunk;
    });
    await once(child, "close");
    return printed.split("---\n").slice(0, cells.length);
  }
}

/** A cell, and the same for a program in which every name is declared already. */
interface Cell {
  kernel: string;
  program: string;
  /** Whether it ends in an expression, and in which. */
  value?: string;
}

type Kind = "number" | "text" | "list" | "function" | "class";

/** Writes cells that a checker of types has nothing against. */
class Notebook {
  private readonly known = new Map<string, Kind>();
  private readonly declared = new Set<string>();
  /** What the cell that is being written has spoken of: to declare it now would put that before its declaration. */
  private readonly spoken = new Set<string>();

  constructor(private readonly random: Random) {}

  names(): string[] {
    return [...this.declared, "basename"];
  }

  cell(): Cell {
    this.spoken.clear();
    const lines = Array.from({ length: 1 + this.random.below(4) }, () => this.statement());
    const fails = this.random.below(5) === 0;
    if (fails) {
      const text = `throw new Error("e" + ${this.of("number")});`;
      const late = this.random.below(2) === 0 ? "await null; " : "";
      lines.push({ kernel: late + text, program: late + text });
    }
    const value = !fails && this.random.below(2) === 0 ? this.of("number") : undefined;
    return {
      kernel: [...lines.map((line) => line.kernel), ...(value ? [value] : [])].join("\n"),
      program: lines.map((line) => line.program).join("\n"),
      value,
    };
  }

  private statement(): Cell {
    const { random } = this;
    switch (random.below(11)) {
      case 0:
      case 1:
        return this.declare("number");
      case 2:
        return this.declare("text");
      case 3:
        return this.declare("list");
      case 4: {
        const body = `{ return a ${any(random, ["+", "-", "*"])} ${this.of("number")}; }`;
        return this.named("function", (name) => [
          `function ${name}(a: number): number ${body}`,
          `${name} = function (a: number): number ${body};`,
        ]);
      }
      case 5: {
        const body = `{ constructor(readonly n: number) {} twice(): number { return 2 * this.n + ${random.below(9)}; } }`;
        return this.named("class", (name) => [`class ${name} ${body}`, `${name} = class ${body};`]);
      }
      case 6: {
        const [p, q] = [this.of("number"), this.of("number")];
        const inList = random.below(2) === 0;
        return this.named("number", (one, other) =>
          inList
            ? [`const [${one}, ${other}] = [${p}, ${q}];`, `[${one}, ${other}] = [${p}, ${q}];`]
            : [
                `let { p: ${one}, q: ${other} } = { p: ${p}, q: ${q} };`,
                `({ p: ${one}, q: ${other} } = { p: ${p}, q: ${q} });`,
              ],
        );
      }
      case 7: {
        if (this.spoken.has("basename")) return this.print();
        this.spoken.add("basename");
        const call = `console.log(basename("/a/b${random.below(9)}"));`;
        return {
          kernel: `import { basename } from "node:path";\n${call}`,
          program: `basename = (await import("node:path")).basename;\n${call}`,
        };
      }
      case 8:
        return same(
          `for (let i = 0; i < ${1 + random.below(4)}; i++) { if (i % 2) continue; console.log(i, ${this.of("number")}); }`,
        );
      case 9:
        return same(
          `try { JSON.parse("{${random.below(9)}"); } catch (error) { console.log((error as Error).name); } finally { console.log(${this.of("text")}); }`,
        );
      default:
        return this.print();
    }
  }

  private print(): Cell {
    return same(`console.log(JSON.stringify(${this.of(any(this.random, ["number", "text", "list"]))}));`);
  }

  private declare(kind: "number" | "text" | "list"): Cell {
    const { random } = this;
    const value = random.below(3) > 0 ? this.of(kind) : `await ${this.later(kind)}`;
    const type = { number: "number", text: "string", list: "number[]" }[kind];
    const note = random.below(2) === 0 ? `: ${type}` : "";
    const keyword = any(random, ["const", "let", "var"]);
    return this.named(kind, (name) => [`${keyword} ${name}${note} = ${value};`, `${name} = ${value};`]);
  }

  /** Declares some of few names, so that they are declared again and again; prints where too many have been spoken of. */
  private named(kind: Kind, make: (...names: string[]) => [kernel: string, program: string]): Cell {
    const free = ["a", "b", "c"]
      .map((letter) => `${letter}${kind[0].toUpperCase()}`)
      .filter((name) => !this.spoken.has(name));
    if (free.length < make.length) return this.print();
    const names = this.random.shuffle(free).slice(0, make.length);
    const [kernel, program] = make(...names);
    for (const name of names) {
      this.spoken.add(name);
      this.declared.add(name);
      this.known.set(name, kind);
    }
    return { kernel, program };
  }

  private later(kind: Kind): string {
    return any(this.random, [`Promise.resolve(${this.of(kind)})`, `(async () => ${this.of(kind)})()`]);
  }

  /** An expression of this kind. */
  private of(kind: Kind, depth = 0): string {
    const { random } = this;
    const known = [...this.known].filter(([, each]) => each === kind).map(([name]) => name);
    if (known.length > 0 && random.below(3) === 0) return this.speakOf(any(random, known));
    const simple = depth > 2 || random.below(2) === 0;
    const n = () => this.of("number", depth + 1);
    if (kind === "number") {
      if (simple) return `${random.below(100)}`;
      const list = () => this.of("list", depth + 1);
      const calls = [...this.known].flatMap(([name, each]) => {
        if (each === "function") return [() => `${this.speakOf(name)}(${n()})`];
        return each === "class" ? [() => `new ${this.speakOf(name)}(${n()}).twice()`] : [];
      });
      const made = any(random, [
        ...calls,
        () => `(${n()} + ${n()})`,
        () => `(${n()} > ${n()} ? ${n()} : ${n()})`,
        () => `${list()}.length`,
        () => `${list()}.reduce((x, y) => x + y, 0)`,
        () => `Number(${this.of("text", depth + 1)}.length)`,
      ]);
      return made();
    }
    if (kind === "text") return simple ? `"t${random.below(9)}"` : `\`<\${${n()}}>\``;
    return simple
      ? `[${random.below(9)}, ${random.below(9)}]`
      : `[${n()}, ...${this.of("list", depth + 1)}].map((x) => x * ${random.below(4)})`;
  }

  private speakOf(name: string): string {
    this.spoken.add(name);
    return name;
  }
}

const same = (text: string): Cell => ({ kernel: text, program: text });
