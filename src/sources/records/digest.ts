/** Digests of parts: of all bytes but the line ends behind them, which an application may add or drop at will. */
import { createHash, type Hash, hash } from 'node:crypto';
import { concat } from '../../lib/bytes.ts';
import { toBytes } from '../files/index.ts';

export interface PartDigest {
  /** SHA-256 without the line ends at the end; one character a byte. */
  readonly body: string;
  /** Those line ends: hexadecimal. */
  readonly ends: string;
}

const NONE = new Uint8Array(0);
/** More than that is no line end any more. */
const MAX_ENDS = 64;

export class PartHasher {
  /** Made when the bytes do not come all at once: for a small part that would be most of the work. */
  #hash: Hash | undefined;
  #only: Uint8Array = NONE;
  /** Line ends that may be the last ones. */
  #ends: Uint8Array = NONE;

  update(bytes: Uint8Array): void {
    let end = bytes.length;
    while (end > 0 && isLineEnd(bytes[end - 1]!)) end--;
    let ends = bytes.subarray(end);
    if (end > 0) {
      this.#feed(this.#ends);
      this.#feed(bytes.subarray(0, end));
    } else ends = concat(this.#ends, ends);
    const over = Math.max(0, ends.length - MAX_ENDS);
    this.#feed(ends.slice(0, over));
    this.#ends = ends.length === 0 ? NONE : ends.slice(over);
  }

  /** The bytes given so far may be overwritten. */
  own(): void {
    if (this.#only.length > 0) this.#hash = createHash('sha256').update(this.#only);
    this.#only = NONE;
  }

  end(): PartDigest {
    const body = this.#hash ? this.#hash.digest('latin1') : hash('sha256', this.#only, 'latin1');
    return { body, ends: this.#ends.length > 0 ? this.#ends.toHex() : '' };
  }

  #feed(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (!this.#hash && this.#only.length === 0) {
      this.#only = bytes;
      return;
    }
    this.own();
    this.#hash!.update(bytes);
  }
}
const isLineEnd = (byte: number): boolean => byte === 0x0a || byte === 0x0d;

/** What two items have alike that are the same but for line ends. */
export const bodyOf = (parts: readonly PartDigest[]): string =>
  parts.length === 1
    ? parts[0]!.body
    : hash('sha256', toBytes(parts.map(({ body }) => body).join('')), 'latin1');

/** Differs when any byte does. */
export const stampOf = (body: string, ends: string): Uint8Array => {
  const stamp = new Uint8Array(48);
  stamp.set(toBytes(body));
  stamp.set(hash('sha256', ends, 'buffer').subarray(0, 16), 32);
  return stamp;
};

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', bytes, 'buffer'));
