/**
 * Pages: runs of known items in ascending order of key, packed.
 */
import { type KnownItem, readItems, writeItem } from '../backup/index.ts';
import { ByteWriter } from '../lib/binary.ts';

/** A page is split when it grows beyond this many bytes. */
const PAGE = 64 * 1024;

/** Writes items into pages of about {@link PAGE} bytes; `emit` gets the first key and the bytes, to be copied. */
export class PageWriter {
  readonly #emit: (first: Uint8Array, bytes: Uint8Array) => void;
  readonly #page = new ByteWriter(PAGE + 8192);
  #first: Uint8Array | undefined;

  constructor(emit: (first: Uint8Array, bytes: Uint8Array) => void) {
    this.#emit = emit;
  }

  add(item: KnownItem): void {
    this.#first ??= item.key.slice();
    writeItem(this.#page, item);
    if (this.#page.length >= PAGE) this.end();
  }

  end(): void {
    if (this.#first) this.#emit(this.#first, this.#page.view());
    this.#first = undefined;
    this.#page.clear();
  }
}

export const readPage = (bytes: Uint8Array): Iterable<KnownItem> => readItems(bytes);
