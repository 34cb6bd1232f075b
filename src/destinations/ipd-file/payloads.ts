import { IPD_FIELD_HEAD, IPD_FIELD_MAX } from '../../formats/ipd/index.ts';

/** Bytes of an object that lie side by side in the file. */
export interface Run {
  readonly position: number;
  readonly length: number;
}

/**
 * Where the payloads of an object lie in the file: 16 bytes for each. As one object they are laid end to end, so that
 * the offset of a frame does not depend on how the file packages it.
 */
export class Payloads {
  /** Of the first field of each payload in the file. */
  #positions = new Float64Array(4);
  /** Of each payload's end in the object. */
  #ends = new Float64Array(4);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get size(): number {
    return this.#count === 0 ? 0 : this.#ends[this.#count - 1]!;
  }

  add(position: number, length: number): void {
    if (this.#count === this.#ends.length) {
      this.#positions = grown(this.#positions);
      this.#ends = grown(this.#ends);
    }
    this.#ends[this.#count] = this.size + length;
    this.#positions[this.#count++] = position;
  }

  /** No more will come. */
  trim(): void {
    this.#positions = this.#positions.slice(0, this.#count);
    this.#ends = this.#ends.slice(0, this.#count);
  }

  offsets(): number[] {
    return Array.from({ length: this.#count }, (_, i) => this.#start(i));
  }

  lengths(): number[] {
    return Array.from({ length: this.#count }, (_, i) => this.#ends[i]! - this.#start(i));
  }

  /** Where the bytes `from` to `to` of the object lie, in order. */
  *runs(from: number, to: number): Generator<Run> {
    let at = from;
    for (let i = this.#payloadAt(from); at < to; i++) {
      const start = this.#start(i);
      const end = Math.min(to, this.#ends[i]!);
      while (at < end) {
        const field = Math.floor((at - start) / IPD_FIELD_MAX);
        const until = Math.min(end, start + (field + 1) * IPD_FIELD_MAX);
        yield {
          position: this.#positions[i]! + (field + 1) * IPD_FIELD_HEAD + at - start,
          length: until - at,
        };
        at = until;
      }
    }
  }

  #start(i: number): number {
    return i === 0 ? 0 : this.#ends[i - 1]!;
  }

  /** The payload that has byte `offset`, by halving. */
  #payloadAt(offset: number): number {
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function grown(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const more = new Float64Array(values.length * 2);
  more.set(values);
  return more;
}
