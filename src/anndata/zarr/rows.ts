import { CellkernelError } from "../../support/error.js";
import { CONVERT, type Convert, type Numbers } from "../numbers.js";
import type { RowReader } from "../storage.js";
import { dtypeOf, sizeOf } from "./elements.js";
import type { ZarrArray } from "./metadata.js";
import { copyChunk, type Elements, filled } from "./region.js";

/** A chunk as it is held: its elements row by row, without those that lie outside of the array. */
export type ReadChunk = (coordinates: number[]) => Elements | undefined;

/** Bytes of a run that is put together from chunks beside one another. */
const RUN_BYTES = 2 ** 27;

/**
 * Rows of an array of one or two dimensions, in runs: a row of chunks, or as much of one as fits. Where chunks are so
 * high that a row of them does not fit, each is unpacked once for every run. One run is kept.
 */
export class ChunkedRows implements RowReader {
  readonly dtype: string;
  readonly rows: number;
  readonly width: number;
  private readonly convert: Convert;
  /** Rows of a run. */
  private readonly step: number;
  private held: Uint8Array | undefined;
  private heldStart = 0;
  private heldEnd = 0;

  /** @param where opens messages: "cells.zarr, /X/data" */
  constructor(
    private readonly array: ZarrArray,
    private readonly readChunk: ReadChunk,
    private readonly where: string,
    at: Readonly<Record<string, unknown>>,
  ) {
    const { shape, chunks, type } = array;
    this.dtype = dtypeOf(type);
    const convert = CONVERT[this.dtype];
    if (!convert || shape.length < 1 || shape.length > 2)
      throw new CellkernelError(
        "format",
        `${where} has elements of type ${this.dtype} in ${shape.length} dimensions; expected numbers in one or two.`,
        at,
      );
    this.convert = convert;
    [this.rows, this.width = 1] = shape;
    const fitting = Math.max(1, Math.floor(RUN_BYTES / Math.max(1, this.width * sizeOf(type))));
    this.step = this.oneAcross() ? chunks[0] : Math.min(chunks[0], fitting);
  }

  read(start: number, end: number, target: Numbers, at = 0): void {
    let written = at;
    const size = sizeOf(this.array.type);
    for (let row = start; row < end; ) {
      const held = this.hold(row);
      const stop = Math.min(end, this.heldEnd);
      const count = (stop - row) * this.width;
      const from = held.byteOffset + (row - this.heldStart) * this.width * size;
      if (!this.convert(held.buffer, from, count, target, written))
        throw new CellkernelError(
          "format",
          `${this.where} holds integers beyond 2^53, which are not supported.`,
          { member: this.where },
        );
      written += count;
      row = stop;
    }
  }

  release(): void {
    this.held = undefined;
    this.heldEnd = 0;
  }

  /** Whether a chunk has whole rows, and so is a run itself. */
  private oneAcross(): boolean {
    const { shape, chunks } = this.array;
    return shape.length === 1 || chunks[1] === shape[1];
  }

  /** Makes the run that contains `row` the held one. A run never spans two rows of chunks. */
  private hold(row: number): Uint8Array {
    if (this.held && row >= this.heldStart && row < this.heldEnd) return this.held;
    const { chunks, shape, type, fill } = this.array;
    const line = Math.floor(row / chunks[0]);
    const top = line * chunks[0];
    const start = top + Math.floor((row - top) / this.step) * this.step;
    const end = Math.min(start + this.step, top + chunks[0], this.rows);
    this.held = undefined;
    const whole = this.oneAcross()
      ? this.readChunk(shape.length === 1 ? [line] : [line, 0])
      : this.across(line, start, end);
    this.held = (whole ?? filled((end - start) * this.width, fill)) as Uint8Array;
    this.heldStart = start;
    this.heldEnd = end;
    if (this.held.byteLength < (end - start) * this.width * sizeOf(type))
      throw new Error(`${this.where}: a chunk is too short`);
    return this.held;
  }

  private across(line: number, start: number, end: number): Uint8Array {
    const { chunks, type, fill } = this.array;
    const target = {
      data: filled((end - start) * this.width, fill),
      shape: [end - start, this.width],
    };
    for (let column = 0; column * chunks[1] < this.width; column++) {
      const data = this.readChunk([line, column]);
      if (!data) continue;
      copyChunk(
        { data, shape: chunks },
        target,
        [line * chunks[0] - start, column * chunks[1]],
        sizeOf(type),
      );
    }
    return target.data as Uint8Array;
  }
}
