import type { Column, Value } from "../../anndata/columns.js";
import type { NamedArray } from "../../store/arrays.js";
import type { PartReader } from "../../store/partReader.js";
import { type ColumnForm, codesAmong, columnOfParts, uniteCategories } from "./columns.js";

/** The columns of all cells, put together of those of the parts. */
export class MergedColumns {
  private readonly names: string[];
  private readonly categories: Map<string, readonly Value[] | undefined>;
  private readonly arrays = new Map<string, NamedArray>();

  /**
   * @param parts what each part says of its columns
   * @param cells of all parts
   */
  constructor(
    private readonly parts: readonly (readonly ColumnForm[])[],
    private readonly cells: number,
  ) {
    this.names = parts[0].map(({ name }) => name);
    this.categories = new Map(
      this.names.map((name, i) => [name, uniteCategories(parts.map((forms) => forms[i]))]),
    );
  }

  /** Takes the columns of a part in. @param place of the part among all */
  add(reader: PartReader, place: number): void {
    for (const form of this.parts[place]) {
      const own = `obs/${form.name}`;
      const all = this.categories.get(form.name);
      const values = reader.read(own);
      this.set(own, all ? codesAmong(values as Int32Array, form.categories!, all) : values, reader);
      const missing = `${own}/missing`;
      if (reader.names.includes(missing)) this.set(missing, reader.read(missing), reader);
    }
  }

  private set(name: string, values: NamedArray, { rows: [first] }: PartReader): void {
    const Type = values.constructor as new (length: number) => NamedArray;
    const array = this.arrays.get(name) ?? new Type(this.cells);
    this.arrays.set(name, array);
    array.set(values, first);
  }

  columns(): Map<string, Column> {
    return new Map(
      this.parts[0].map((form) => {
        const own = `obs/${form.name}`;
        const missing = this.arrays.get(`${own}/missing`) as Uint8Array | undefined;
        const values = this.arrays.get(own)!;
        return [form.name, columnOfParts(form, this.categories.get(form.name), values, missing)];
      }),
    );
  }
}
