/** Numbers whose count is not known beforehand, in a typed array that doubles when it is full. */
export class GrowingArray<T extends Int32Array | Float32Array | Float64Array> {
  length = 0;

  constructor(private array: T) {}

  push(value: number): void {
    if (this.length === this.array.length) {
      const larger = new (this.array.constructor as new (length: number) => T)(
        Math.max(1024, 2 * this.length),
      );
      larger.set(this.array);
      this.array = larger;
    }
    this.array[this.length++] = value;
  }

  /** What was pushed, without the room left over. */
  values(): T {
    return this.array.subarray(0, this.length) as T;
  }
}
