import type { Decoded, TypedArray } from "./hdf5/decode.js";
import type { Numbers } from "./numbers.js";

/**
 * What the readers of elements, tables and matrices need of a file: groups of members, arrays and attributes, by absolute
 * paths such as `/obs/cell_type`. HDF5 files and Zarr stores have it alike, so that each encoding is read in one place.
 */
export interface Storage {
  /** The file or folder, as it was named. */
  readonly path: string;
  /** "file, /path": how messages name a place. */
  at(path: string): string;
  /** What stands at a path; undefined where there is nothing. */
  kind(path: string): "group" | "dataset" | undefined;
  /** Names of a group's members. */
  keys(path: string): string[];
  attributeNames(path: string): string[];
  /** An attribute's elements, or undefined where there is no such attribute; of a scalar, `shape` is empty. */
  attribute(path: string, name: string): (Decoded & { shape: number[] }) | undefined;
  /** A text attribute, for instance `encoding-type`. */
  textAttribute(path: string, name: string): string | undefined;
  /** The path that an attribute refers to (anndata before 0.8 kept categories apart), or undefined. */
  referred(path: string, attribute: string): string | undefined;
  /** An array's dimensions; none for a scalar. */
  shape(path: string): number[];
  /** NumPy's name of an array's element type; also `str` and `compound`. */
  dtype(path: string): string;
  /** Names of the fields of an array of records; none for any other. */
  fields(path: string): string[];
  /**
   * Reads a whole array that fits in memory (columns, names, embeddings; not matrices of counts), or rows of it.
   * @param rows the first and the one after the last
   */
  read(path: string, rows?: readonly [number, number]): Decoded & { shape: number[] };
  /** Refuses an array that claims more than the file can hold; `read` does so itself. */
  requireHeld?(path: string): void;
  /** What tells a group from every other, under whatever path it is reached; absent where nothing can be linked. */
  identity?(path: string): string;
  /** Whether a path is a link by name rather than an object's own; absent where nothing can be linked. */
  isLink?(path: string): boolean;
  /** Opens a numeric array of one or two dimensions, to be read by rows. */
  rowReader(path: string): RowReader;
  close(): void;
}

/** Reads rows of a numeric array, no chunk of it twice while they ascend. */
export interface RowReader {
  readonly dtype: string;
  /** Length of the first dimension. */
  readonly rows: number;
  /** Elements a row: 1, or the length of the second dimension. */
  readonly width: number;
  /** Copies rows `start` to `end` to `target`, from position `at` on, converting numbers without loss. */
  read(start: number, end: number, target: Numbers, at?: number): void;
  /** Gives back what is held. */
  release(): void;
}

/** A file or store being written. Paths inside it are absolute; parents must exist. */
export interface Output {
  group(path: string): void;
  exists(path: string): boolean;
  /** Text, texts, or numbers (a typed array of one element makes a scalar). Replaces what is there. */
  attribute(path: string, name: string, value: string | readonly string[] | TypedArray): void;
  /** `encoding-type` and `encoding-version`, which tell anndata how to read an object. */
  encoding(path: string, type: string, version: string): void;
  /** An array of texts; `shape` of none makes a single text. */
  texts(path: string, values: readonly string[], shape?: number[]): void;
  /** An array of numbers. */
  numbers(path: string, values: TypedArray, shape?: number[]): void;
  /** An array of booleans, given as 0 and 1. */
  flags(path: string, values: Uint8Array, shape?: number[]): void;
  /** An array of records; fields are numbers or texts. */
  records(path: string, fields: ReadonlyMap<string, Decoded>, shape: number[]): void;
  /**
   * An empty array that `append` makes longer, of elements like those of `kind`. With `width` it has two dimensions,
   * rows of that many elements.
   */
  growing(path: string, kind: TypedArray, width?: number): GrowingArray;
  /** Writes everything and closes. */
  close(): void;
  /** Closes after a failure; what was written does not matter any more. */
  abandon(): void;
}

/** An array of numbers whose final length is not known beforehand. */
export interface GrowingArray {
  /** Rows so far (of one element where the array has one dimension). */
  readonly length: number;
  /** Adds whole rows at the end. */
  append(values: TypedArray): void;
}
