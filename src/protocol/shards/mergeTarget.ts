import { Categorical, type Value } from "../../anndata/columns.js";
import { joinSamples } from "../../anndata/formats/readSamples.js";
import { openStorage } from "../../anndata/openStorage.js";
import type { Storage } from "../../anndata/storage.js";
import type { Writable } from "../../anndata/write/element.js";
import { checkOutput } from "../../anndata/write/results.js";
import { canStream, StreamedResults } from "../../anndata/write/streamed.js";
import { isZarrName } from "../../anndata/write/target.js";
import type { NamedArray } from "../../store/arrays.js";
import type { PartReader } from "../../store/partReader.js";
import { EMBEDDING } from "../applyRows.js";
import { RECORD } from "../applyToFile.js";
import { checkResults, openResults, type ResultsSink } from "../resultsSink.js";
import type { Task, Together } from "../task.js";
import { type ColumnForm, codesAmong, uniteCategories } from "./columns.js";
import { MergedColumns } from "./mergedColumns.js";
import type { ShardPlan } from "./plan.js";

/** What parts are put together in. */
export interface MergeTarget {
  /** Takes a part in, in the order of the rows. @param place of the part among all */
  take(reader: PartReader, place: number): void;
  /** Called when all are in. */
  finish(signal?: AbortSignal): Promise<void>;
  /** Cells of each label, by its name. */
  labels(): Map<string, number>;
  /** Writes the rest, and gives the file its name. */
  close(record: Record<string, Writable>): void;
  /** Gives up: nothing is left of the file. */
  abandon(): void;
}

/** What parts are made of: what each says of its columns, and the arrays for `obsm` with theirs. */
export interface Merged {
  parts: readonly (readonly ColumnForm[])[];
  widths: Record<string, number>;
  /** No elements, of the type of each column's values; and whether there is a mask of those that are missing. */
  kinds: ReadonlyMap<string, { like: NamedArray; missing: boolean }>;
}

/**
 * Opens what parts are put together in. Into a copy of a Zarr store they are streamed, so that memory does not grow with the
 * number of cells; else the cells' own table and their columns are held.
 */
export async function openTarget(
  plan: ShardPlan,
  task: Task,
  out: string,
  merged: Merged,
): Promise<{ target: MergeTarget; close: () => void }> {
  const store = await streamable(plan, task, out);
  if (store) {
    checkOutput({ sources: [store.path] }, out);
    return { target: new StreamedTarget(store, task, out, merged), close: () => store.close() };
  }
  const { cells } = await joinSamples(plan.files, plan.decided.options, plan.decided.path);
  try {
    checkResults(cells, out);
    const columns = new MergedColumns(merged.parts, cells.nObs);
    const together = task.together?.(cells);
    const names = merged.parts[0].map(({ name }) => name);
    const sink = await openResults(cells, out, {
      obs: [...names, ...(together?.columns().keys() ?? [])],
      ...{ obsm: merged.widths, uns: [RECORD] },
    });
    const target = new HeldTarget(task, merged, columns, together, sink);
    return { target, close: () => cells.close() };
  } catch (error) {
    cells.close();
    throw error;
  }
}

/** The cells' file, where all parts can be streamed into a copy of it. */
async function streamable(
  { files, decided }: ShardPlan,
  task: Task,
  out: string,
): Promise<Storage | undefined> {
  const single = files.length === 1 && decided.options.sampleColumn === undefined;
  if (!single || task.together || !isZarrName(out)) return undefined;
  const [{ path }] = files;
  if (!isZarrName(path)) return undefined;
  const store = await openStorage(path);
  if (canStream(store)) return store;
  store.close();
  return undefined;
}

/** Numbers of an array that are read at once. */
const AT_ONCE = 2 ** 20;

/** Rows of an array of a part, some at a time. */
export function* slices(reader: PartReader, name: string): Iterable<[start: number, end: number]> {
  const [rows, width = 1] = reader.shape(name);
  const step = Math.max(1, Math.floor(AT_ONCE / width));
  for (let start = 0; start < rows; start += step) yield [start, Math.min(rows, start + step)];
}

/** A copy whose columns are held until the end. */
class HeldTarget implements MergeTarget {
  constructor(
    private readonly task: Task,
    private readonly merged: Merged,
    private readonly columns: MergedColumns,
    private readonly together: Together | undefined,
    private readonly sink: ResultsSink,
  ) {}

  take(reader: PartReader, place: number): void {
    this.columns.add(reader, place);
    for (const name of Object.keys(this.merged.widths))
      for (const [start, end] of slices(reader, `obsm/${name}`)) {
        const values = reader.read(`obsm/${name}`, start, end) as Float32Array;
        this.sink.append(name, values);
        if (this.together && name === EMBEDDING)
          this.together.add(
            reader.rows[0] + start,
            reader.read(`obs/${this.task.labels}`, start, end) as Int32Array,
            values,
          );
      }
  }

  async finish(signal?: AbortSignal): Promise<void> {
    await this.together?.finish(signal);
  }

  labels(): Map<string, number> {
    const column = this.task.labels && this.columns.columns().get(this.task.labels);
    const counts = new Map<string, number>();
    if (!(column instanceof Categorical)) return counts;
    for (const code of column.codes) {
      if (code < 0) continue;
      const name = String(column.categories[code]);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  close(record: Record<string, Writable>): void {
    const obs = new Map([...this.columns.columns(), ...(this.together?.columns() ?? [])]);
    this.sink.close({ obs, uns: { [RECORD]: record } });
  }

  abandon(): void {
    this.sink.abandon();
  }
}

/** A copy of a Zarr store, into which all is streamed. */
class StreamedTarget implements MergeTarget {
  private readonly results: StreamedResults;
  private readonly categories: Map<string, readonly Value[] | undefined>;
  private readonly counts = new Map<string, number>();

  constructor(
    store: Storage,
    private readonly task: Task,
    out: string,
    private readonly merged: Merged,
  ) {
    const { parts, widths, kinds } = merged;
    this.categories = new Map(
      parts[0].map(({ name }, i) => [name, uniteCategories(parts.map((forms) => forms[i]))]),
    );
    const obs = parts[0].map(({ name, ordered, dtype }) => ({
      ...{ name, ordered, dtype, categories: this.categories.get(name) },
      ...kinds.get(name)!,
    }));
    this.results = StreamedResults.open(store, out, { obs, obsm: widths });
  }

  take(reader: PartReader, place: number): void {
    for (const name of Object.keys(this.merged.widths))
      for (const [start, end] of slices(reader, `obsm/${name}`))
        this.results.append(name, reader.read(`obsm/${name}`, start, end) as Float32Array);
    for (const form of this.merged.parts[place])
      for (const [start, end] of slices(reader, `obs/${form.name}`)) this.column(reader, form, start, end);
  }

  private column(reader: PartReader, { name, categories }: ColumnForm, start: number, end: number): void {
    const place = `obs/${name}`;
    const all = this.categories.get(name);
    const stored: NamedArray = reader.read(place, start, end);
    const values = all ? codesAmong(stored as Int32Array, categories!, all) : stored;
    const missing = `${place}/missing`;
    const mask = reader.names.includes(missing)
      ? (reader.read(missing, start, end) as Uint8Array)
      : undefined;
    this.results.appendColumn(name, values, mask);
    if (name !== this.task.labels) return;
    for (const code of values) {
      if (code < 0) continue;
      const label = String(all![code]);
      this.counts.set(label, (this.counts.get(label) ?? 0) + 1);
    }
  }

  async finish(): Promise<void> {}

  labels(): Map<string, number> {
    return this.counts;
  }

  close(record: Record<string, Writable>): void {
    this.results.close({ [RECORD]: record });
  }

  abandon(): void {
    this.results.abandon();
  }
}
