import { utf8 } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';

/** Items up to this size are never cut. */
export const CHUNKED_ABOVE = 1024 * 1024;

/** Average chunk of the smallest chunked items, as a power of two: 256 KiB. */
const LEAST_BITS = 18;

/** Chunks of an item on average at most, at worst twice as many: the catalogue remembers 20 bytes of each. */
const MOST_CHUNKS = 1 << 14;

/**
 * Average length of an item's chunks, as a power of two. That of its version before stays as long as it is at most
 * twice as coarse as it has to be: chunks of another length are none that are known.
 *
 * @param size length of the item as listed
 */
export function chunkBits(size: number, before?: number): number {
  const bits = Math.max(LEAST_BITS, Math.ceil(Math.log2(Math.max(1, size) / MOST_CHUNKS)));
  return before === bits + 1 ? before : bits;
}

/**
 * Where content may be cut: 256 numbers that only the holder of the chain's secret knows, so that boundaries tell
 * nobody what the content is.
 */
export function gearTable(platform: Platform, secret: Uint8Array): Uint32Array {
  const bytes = platform.hkdf(secret, new Uint8Array(0), utf8('holdfast/1 chunking'), 1024);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Uint32Array.from({ length: 256 }, (_, i) => view.getUint32(i * 4));
}

/**
 * Cuts a stream where its content says so: a rolling (gear) hash over the last 32 bytes below a threshold ends a
 * chunk, so that an insertion moves boundaries only around itself. Chunks have half to four times the average, and few
 * of them more than twice: what is changed is more likely to lie in a long one.
 *
 * @example
 * const chunker = new Chunker(gearTable(platform, secret), chunkBits(size));
 * for await (const bytes of content) for (const chunk of chunker.push(bytes)) use(chunk);
 * for (const chunk of chunker.end()) use(chunk);
 */
export class Chunker {
  readonly #gear: Uint32Array;
  readonly #threshold: number;
  readonly #least: number;
  readonly #buffer: Uint8Array;
  #length = 0;
  #hash = 0;

  /** @param bits see {@link chunkBits} */
  constructor(gear: Uint32Array, bits: number) {
    this.#gear = gear;
    // Half of the average is passed over, the other half is how far the next boundary is.
    this.#threshold = 2 ** (32 - (bits - 1));
    this.#least = 2 ** (bits - 1);
    this.#buffer = new Uint8Array(2 ** (bits + 2));
  }

  /** Yields the chunks that end within `bytes`, each valid until the next one is asked for. */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      const end = this.#findEnd(bytes, at);
      const stop = end < 0 ? bytes.length : end;
      this.#buffer.set(bytes.subarray(at, stop), this.#length);
      this.#length += stop - at;
      at = stop;
      if (end >= 0) yield* this.end();
    }
  }

  /** What is left. */
  *end(): Generator<Uint8Array> {
    if (this.#length > 0) yield this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    this.#hash = 0;
  }

  /** Where behind `start` the running chunk ends, or -1 when it goes on. */
  #findEnd(bytes: Uint8Array, start: number): number {
    const gear = this.#gear;
    const threshold = this.#threshold;
    const room = this.#buffer.length - this.#length;
    const limit = Math.min(bytes.length, start + room);
    // Nothing ends before the least length; only the last 32 bytes count for the hash.
    let at = Math.min(limit, start + Math.max(0, this.#least - this.#length - 32));
    let hash = this.#hash;
    const least = start + this.#least - this.#length;
    for (; at < limit; at++) {
      hash = ((hash << 1) + gear[bytes[at]!]!) >>> 0;
      if (hash < threshold && at + 1 >= least) return at + 1;
    }
    this.#hash = hash;
    return limit - start === room ? limit : -1;
  }
}
