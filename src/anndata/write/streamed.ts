import type { TemporaryFolder } from "../../support/temporaryFolder.js";
import type { Value } from "../columns.js";
import type { TypedArray } from "../hdf5/decode.js";
import type { GrowingArray, Storage } from "../storage.js";
import { copyStore, storeVersion } from "../zarr/folder.js";
import { ZarrOutput } from "../zarr/output.js";
import type { Writable } from "./element.js";
import { columnPlace, narrowCodes, writeCategories, writeNullable } from "./frame.js";
import { addGroup, addMembers } from "./results.js";
import { storeTarget } from "./target.js";

/** A column of `obs` that comes some rows at a time. */
export interface StreamedColumn {
  name: string;
  /** Elements like those of this array; of a categorical one, codes. */
  like: TypedArray;
  /** Of a categorical one. */
  categories?: readonly Value[];
  ordered?: boolean;
  /** NumPy's name of the type, where a plain array would lose it. */
  dtype?: string;
  /** Whether values may be missing. */
  missing: boolean;
}

/** Results that will come. */
export interface StreamedPlan {
  obs: readonly StreamedColumn[];
  /** Columns of each array. */
  obsm: Record<string, number>;
}

/** Whether results can be streamed into a copy of a file: it is a Zarr store whose `obs` is of today's encoding. */
export function canStream(file: Storage): boolean {
  return (
    storeVersion(file.path) !== undefined &&
    file.kind("/obs") === "group" &&
    file.textAttribute("/obs", "encoding-version") === "0.2.0"
  );
}

/**
 * Results that come some rows at a time, into a copy of a Zarr store. Nothing of the store's own tables is read, so that memory does
 * not grow with the number of cells; arrays of `obsm` are written as they come, not gzipped. The store has its name when it is closed.
 */
export class StreamedResults {
  private readonly arrays = new Map<string, GrowingArray>();

  private constructor(
    private readonly file: TemporaryFolder,
    private readonly out: ZarrOutput,
    private readonly columns: ReadonlyMap<string, StreamedColumn>,
  ) {}

  /** @param input the store, which `canStream` says can be streamed into */
  static open(input: Storage, outPath: string, { obs, obsm }: StreamedPlan): StreamedResults {
    const file = storeTarget(outPath);
    try {
      file.make();
      copyStore(input.path, file.path);
      const out = new ZarrOutput(file.path, storeVersion(input.path)!);
      const results = new StreamedResults(file, out, new Map(obs.map((column) => [column.name, column])));
      addGroup(out, "/obsm");
      for (const [name, width] of Object.entries(obsm))
        results.begin(`/obsm/${name}`, new Float32Array(0), width, { plain: true });
      for (const column of obs) results.beginColumn(column);
      const listed = input.attribute("/obs", "column-order")?.values;
      const before = Array.isArray(listed) ? (listed as string[]) : [];
      out.attribute("/obs", "column-order", [...new Set([...before, ...obs.map(({ name }) => name)])]);
      return results;
    } catch (error) {
      file.discard();
      throw file.failure(error);
    }
  }

  /** Adds rows of an array of `obsm`, after those before. */
  append(name: string, values: Float32Array): void {
    this.orDiscard(() => this.arrays.get(`/obsm/${name}`)!.append(values));
  }

  /** Adds values of a column, after those before. @param missing 1 where one is missing */
  appendColumn(name: string, values: TypedArray, missing?: Uint8Array): void {
    const { categories, missing: nullable } = this.columns.get(name)!;
    this.orDiscard(() => {
      const place = `/obs/${name}`;
      const own = categories ? narrowCodes(values as Int32Array, categories.length) : values;
      const member = categories ? "/codes" : nullable ? "/values" : "";
      this.arrays.get(place + member)!.append(own);
      if (missing) this.arrays.get(`${place}/mask`)!.append(missing);
    });
  }

  /** Adds the rest and gives the store its name. */
  close(uns: Record<string, Writable>): void {
    this.orDiscard(() => {
      addMembers(this.out, "/uns", Object.entries(uns));
      this.out.close();
      this.file.commit();
    });
  }

  /** Gives up: nothing is left of the store. */
  abandon(): void {
    this.file.discard();
  }

  private beginColumn({ name, like, categories, ordered = false, dtype, missing }: StreamedColumn): void {
    const { out } = this;
    const place = columnPlace(out, "/obs", name);
    const flags = dtype === "bool";
    if (categories) {
      writeCategories(out, place, { categories, ordered });
      this.begin(`${place}/codes`, narrowCodes(new Int32Array(0), categories.length));
    } else if (missing) {
      writeNullable(out, place, dtype ?? "");
      this.begin(`${place}/values`, like, undefined, { flags });
      this.begin(`${place}/mask`, new Uint8Array(0), undefined, { flags: true });
    } else this.begin(place, like, undefined, { flags });
  }

  private begin(
    path: string,
    like: TypedArray,
    width?: number,
    form: { flags?: boolean; plain?: boolean } = {},
  ): void {
    this.arrays.set(path, this.out.growing(path, like, width, form));
    this.out.encoding(path, "array", "0.2.0");
  }

  private orDiscard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.abandon();
      throw this.file.failure(error);
    }
  }
}
