import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { treeMemory } from "../../bench/processTree.js";

export const LESSONS = ["fine-tune", "trust"] as const;
export type Lesson = (typeof LESSONS)[number];

/** A cell of a lesson; the hole of an exercise says in its metadata of which. */
export interface LessonCell {
  cell_type: "code" | "markdown";
  id: string;
  metadata: { exercise?: string };
  source: string[];
  outputs?: { output_type: string; text?: string[]; data?: Record<string, string[]>; evalue?: string }[];
}

export function cellsOf(notebook: string): LessonCell[] {
  return (JSON.parse(readFileSync(notebook, "utf8")) as { cells: LessonCell[] }).cells;
}

export const lessonCells = (lesson: Lesson) => cellsOf(`notebooks/lessons/${lesson}.ipynb`);

/** The page of the instructor: what it gives as solutions is what the tests put into the holes. */
export const TEACHING = "docs/teaching.md";

/** The code of each exercise's solution. */
export function solutions(): Map<string, string> {
  const page = readFileSync(TEACHING, "utf8");
  return new Map(
    Array.from(page.matchAll(/^```ts (\w+)\n([\s\S]*?)^```$/gm), ([, name, code]) => [name, code.trimEnd()]),
  );
}

/** A folder of a student: the notebooks with all that is beside them, and what they write. */
export class Desk {
  readonly root = mkdtempSync(join(tmpdir(), "cellkernel-lesson-"));

  constructor() {
    cpSync("notebooks", join(this.root, "notebooks"), { recursive: true });
  }

  /** Runs a lesson from top to bottom through the kernel, and prints its time and its largest memory. */
  async run(lesson: Lesson, title: string, answers = new Map<string, string>()): Promise<LessonCell[]> {
    const path = join(this.root, `notebooks/lessons/${lesson}.ipynb`);
    const notebook = JSON.parse(readFileSync(`notebooks/lessons/${lesson}.ipynb`, "utf8"));
    for (const cell of notebook.cells as LessonCell[]) {
      const answer = answers.get(cell.metadata.exercise ?? "");
      if (answer !== undefined) cell.source = [answer];
    }
    writeFileSync(path, JSON.stringify(notebook));
    const python = resolve(
      process.env.VIRTUAL_ENV!,
      process.platform === "win32" ? "Scripts/python" : "bin/python",
    );
    const out = join(this.root, "executed.ipynb");
    const started = performance.now();
    const job = spawn(python, ["scripts/notebook/execute.py", path, "--out", out]);
    let printed = "";
    for (const stream of [job.stdout, job.stderr])
      stream.on("data", (chunk) => {
        printed += chunk;
      });
    let peak = 0;
    const sampled = setInterval(() => {
      if (process.platform === "linux") peak = Math.max(peak, treeMemory(job.pid!));
    }, 1000);
    const [code] = await once(job, "close");
    clearInterval(sampled);
    assert.equal(code, 0, printed);
    const seconds = (performance.now() - started) / 1000;
    console.log(`${lesson}, ${title}: ${seconds.toFixed(0)} s, at most ${(peak / 1e6).toFixed(0)} MB`);
    assert.ok(peak < MOST_BYTES, `${(peak / 1e6).toFixed(0)} MB`);
    return cellsOf(out);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A lesson is for machines that many share. */
const MOST_BYTES = 1e9;

/** What each check of a lesson says, by exercise, in the order of the notebook. */
export function verdicts(cells: LessonCell[]): Map<string, string> {
  const found = new Map<string, string>();
  let exercise: string | undefined;
  for (const { metadata, source, outputs } of cells) {
    exercise = metadata.exercise ?? exercise;
    if (exercise === undefined || !source.join("").includes(`check.${exercise}(`)) continue;
    // A training that the cell has done is shown, too, but is not its value.
    const result = outputs!.find(({ output_type }) => output_type === "execute_result");
    found.set(exercise, (result?.data?.["text/plain"] ?? []).join(""));
  }
  return found;
}

/** What the cells of a lesson print. */
export function printed(cells: LessonCell[]): string {
  return cells.flatMap(({ outputs = [] }) => outputs.flatMap(({ text = [] }) => text)).join("");
}
