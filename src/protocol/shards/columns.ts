import { Categorical, type Column, TypedColumn, type Value } from "../../anndata/columns.js";
import type { NamedArray } from "../../store/arrays.js";

/** What a part says of a column of `obs`, whose values are arrays of the part. */
export interface ColumnForm {
  name: string;
  /** Of a categorical one. */
  categories?: readonly Value[];
  ordered?: boolean;
  /** Of one whose type a plain array would lose. */
  dtype?: string;
}

/** The form of a column, and its arrays, by their names in a part. */
export function columnToPart(
  name: string,
  column: Column,
): { form: ColumnForm; arrays: [string, NamedArray][] } {
  const place = `obs/${name}`;
  if (column instanceof Categorical) {
    const { categories, ordered, codes } = column;
    return { form: { name, categories, ordered }, arrays: [[place, codes as Int32Array]] };
  }
  if (column instanceof TypedColumn) {
    const { dtype, values, missing } = column;
    return {
      form: { name, dtype },
      arrays: [
        [place, values as NamedArray],
        ...(missing ? [[`${place}/missing`, missing] as [string, NamedArray]] : []),
      ],
    };
  }
  return { form: { name }, arrays: [[place, column as NamedArray]] };
}

/** The categories of a column of all cells: those of its parts, in the order in which they are met. */
export function uniteCategories(forms: readonly ColumnForm[]): readonly Value[] | undefined {
  if (!forms[0].categories) return undefined;
  return [...new Set(forms.flatMap(({ categories }) => categories!))];
}

/** A part's codes as those of the column of all cells. */
export function codesAmong(codes: Int32Array, own: readonly Value[], all: readonly Value[]): Int32Array {
  if (own.every((category, code) => all[code] === category)) return codes;
  const place = new Map(all.map((category, code) => [category, code]));
  const target = own.map((category) => place.get(category)!);
  return codes.map((code) => (code < 0 ? -1 : target[code]));
}

/** A column of all cells, of the arrays of its parts one below the other. */
export function columnOfParts(
  { dtype, ordered = false }: ColumnForm,
  categories: readonly Value[] | undefined,
  values: NamedArray,
  missing: Uint8Array | undefined,
): Column {
  if (categories) return new Categorical(values as Int32Array, categories, ordered);
  if (dtype !== undefined) return new TypedColumn(dtype, values, missing);
  return values;
}
