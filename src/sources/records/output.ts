/** The file that is being composed: many small pieces, written in large ones. */
import type { Temporary } from '../files/index.ts';
import type { Where } from './arrange.ts';
import type { Span } from './finder.ts';

const CHUNK = 1024 * 1024;
const TAIL = 64;

type Read = (span: Span) => Uint8Array;

export class Output {
  readonly #out: Temporary;
  readonly #readOld: Read;
  readonly #readStaged: Read;
  /** The last bytes that were written stay at its beginning. */
  readonly #buffer = new Uint8Array(TAIL + CHUNK);
  #written = 0;
  #length = 0;

  constructor(out: Temporary, readOld: Read, readStaged: Read) {
    this.#out = out;
    this.#readOld = readOld;
    this.#readStaged = readStaged;
  }

  /** The last bytes; empty at the beginning. */
  get tail(): Uint8Array {
    return this.#buffer.subarray(Math.max(0, this.#length - TAIL), this.#length);
  }

  copy(where: Where): void {
    if (where.in === 'memory') {
      this.append(where.bytes);
      return;
    }
    const read = where.in === 'file' ? this.#readOld : this.#readStaged;
    for (let at = 0; at < where.length; at += CHUNK)
      this.append(read({ offset: where.offset + at, length: Math.min(CHUNK, where.length - at) }));
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#length === this.#buffer.length) this.end();
      const part = bytes.subarray(at, at + this.#buffer.length - this.#length);
      this.#buffer.set(part, this.#length);
      this.#length += part.length;
      at += part.length;
    }
  }

  end(): void {
    this.#out.append(this.#buffer.subarray(this.#written, this.#length));
    const tail = Math.min(TAIL, this.#length);
    this.#buffer.copyWithin(0, this.#length - tail, this.#length);
    this.#written = this.#length = tail;
  }
}

/** Reads much at once, for whoever reads little after little in order. @param size of all there is */
export function windowed(read: Read, size: number): Read {
  let start = 0;
  let window: Uint8Array = new Uint8Array(0);
  return (span) => {
    const { offset, length } = span;
    if (length >= CHUNK) return read(span);
    if (offset < start || offset + length > start + window.length) {
      window = read({ offset, length: Math.max(length, Math.min(CHUNK, size - offset)) });
      start = offset;
    }
    return window.subarray(offset - start, offset - start + length);
  };
}
