/**
 * Binary records: a writer that grows and a reader with limits. Integers are LEB128 (unsigned, at most
 * 2^53 - 1, shortest form only) unless a fixed width is named; fixed widths are big-endian.
 */

import { fromUtf8Strict, utf8 } from './bytes.ts';
import { BaseError } from './errors.ts';

/** The bytes do not follow their format: cut short, over a limit, or not in the one allowed form. */
export class MalformedError extends BaseError<'ERR_MALFORMED'> {
  constructor(what: string, options?: ErrorOptions) {
    super('ERR_MALFORMED', 'integrity', `malformed: ${what}`, options);
  }
}

export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  #room(count: number): number {
    const needed = this.#length + count;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    const at = this.#length;
    this.#length = needed;
    return at;
  }

  u8(value: number): this {
    // In two steps: making room may replace the array.
    const at = this.#room(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    return this.u8(value >>> 8).u8(value & 0xff);
  }

  u32(value: number): this {
    return this.u16(value >>> 16).u16(value & 0xffff);
  }

  /** LEB128. */
  uint(value: number): this {
    let rest = value;
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.u8(rest);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Length and bytes. */
  bytes(bytes: Uint8Array): this {
    return this.uint(bytes.length).raw(bytes);
  }

  /** Length and UTF-8. */
  text(text: string): this {
    return this.bytes(utf8(text));
  }

  /** What was written, as a view that the next write may overwrite. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Starts again with the same memory. */
  clear(): void {
    this.#length = 0;
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new MalformedError('cut short');
    this.#at++;
    return value;
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    return this.u16() * 0x10000 + this.u16();
  }

  /** LEB128, not above `limit`. */
  uint(limit = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      // Nothing but zeros can follow, and so many of them that arithmetic ends: no form is that long.
      if (scale > Number.MAX_SAFE_INTEGER) throw new MalformedError('a number not in its shortest form');
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (value > limit) throw new MalformedError(`a number above ${limit}`);
      if (byte < 0x80) {
        if (byte === 0 && scale > 1) throw new MalformedError('a number not in its shortest form');
        return value;
      }
      scale *= 0x80;
    }
  }

  /** The next `length` bytes, as a view. */
  raw(length: number): Uint8Array {
    if (length > this.left) throw new MalformedError('cut short');
    const view = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return view;
  }

  /** Length and bytes, as a view; not longer than `limit`. */
  bytes(limit: number): Uint8Array {
    return this.raw(this.uint(limit));
  }

  /** Length and valid UTF-8; not longer than `limit` bytes. */
  text(limit: number): string {
    const bytes = this.bytes(limit);
    try {
      return fromUtf8Strict(bytes);
    } catch (cause) {
      throw new MalformedError('text that is not UTF-8', { cause });
    }
  }

  /** Passes over `length` bytes. */
  skip(length: number): void {
    if (length > this.left) throw new MalformedError('cut short');
    this.#at += length;
  }

  /** Everything must have been read. */
  end(): void {
    if (this.left !== 0) throw new MalformedError(`${this.left} bytes too many`);
  }
}
