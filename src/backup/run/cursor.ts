import { compareBytes } from '../../lib/bytes.ts';

/** Walks sorted entries once, in step with another sorted sequence. */
export class Cursor<T> {
  readonly #iterator: Iterator<T>;
  readonly #key: (value: T) => Uint8Array;
  #head: T | undefined;

  constructor(entries: Iterable<T>, key: (value: T) => Uint8Array) {
    this.#iterator = entries[Symbol.iterator]();
    this.#key = key;
    this.#head = this.#next();
  }

  #next(): T | undefined {
    const next = this.#iterator.next();
    return next.done ? undefined : next.value;
  }

  /** Takes the next entry below `key` (any when undefined). */
  before(key: Uint8Array | undefined): T | undefined {
    const head = this.#head;
    if (!head || (key && compareBytes(this.#key(head), key) >= 0)) return undefined;
    this.#head = this.#next();
    return head;
  }

  /** Takes the entry of this key; those below are passed over. */
  at(key: Uint8Array): T | undefined {
    while (this.#head && compareBytes(this.#key(this.#head), key) < 0) this.#head = this.#next();
    const head = this.#head;
    if (!head || compareBytes(this.#key(head), key) !== 0) return undefined;
    this.#head = this.#next();
    return head;
  }
}
