/**
 * Pages: known items as bytes, in the entry encoding of the index with the source's stamp before it.
 */
import { type KnownItem, MAX_STAMP } from '../backup/index.ts';
import { ByteReader, ByteWriter, MalformedError } from '../lib/binary.ts';
import { readEntry, writeEntry } from '../set/index.ts';

/** A page is split when it grows beyond this many bytes. */
const PAGE = 64 * 1024;

/** Writes items into pages of about {@link PAGE} bytes; `emit` gets the first key and a copy of the bytes. */
export class PageWriter {
  readonly #emit: (first: Uint8Array, bytes: Uint8Array) => void;
  readonly #page = new ByteWriter(PAGE + 8192);
  #first: Uint8Array | undefined;

  constructor(emit: (first: Uint8Array, bytes: Uint8Array) => void) {
    this.#emit = emit;
  }

  add(item: KnownItem): void {
    this.#first ??= item.entry.key.slice();
    this.#page.bytes(item.stamp);
    writeEntry(this.#page, item.entry);
    if (this.#page.length >= PAGE) this.end();
  }

  end(): void {
    if (this.#first) this.#emit(this.#first, this.#page.finish());
    this.#first = undefined;
    this.#page.clear();
  }
}

export function* readPage(bytes: Uint8Array): Generator<KnownItem> {
  const reader = new ByteReader(bytes);
  while (reader.left > 0) {
    const stamp = reader.bytes(MAX_STAMP);
    const entry = readEntry(reader);
    if (entry.op !== 'present') throw new MalformedError('a page of the catalogue');
    yield { stamp, entry };
  }
}
