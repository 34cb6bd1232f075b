/**
 * Pages: runs of known items in ascending order of key, packed.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type KnownItem, readItems, writeItem } from '../backup/index.ts';
import { ByteWriter } from '../lib/binary.ts';
import { compareBytes } from '../lib/bytes.ts';

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

/** Looks for items in the pages of a unit, by ascending key: each page is read once. */
export class PagesOf {
  readonly #before: StatementSync;
  readonly #after: StatementSync;
  readonly #unit: number;
  #items: Iterator<KnownItem> = [][Symbol.iterator]();
  #head: KnownItem | undefined;
  /** First key of the next page; undefined = none, or none was read yet. */
  #next: Uint8Array | undefined;
  #begun = false;

  constructor(db: DatabaseSync, unit: number) {
    const where = 'FROM page WHERE unit = ? AND first';
    this.#before = db.prepare(`SELECT items ${where} <= ? ORDER BY first DESC LIMIT 1`);
    this.#after = db.prepare(`SELECT first ${where} > ? ORDER BY first LIMIT 1`);
    this.#unit = unit;
  }

  find(key: Uint8Array): KnownItem | undefined {
    if (!this.#begun || (this.#next && compareBytes(this.#next, key) <= 0)) this.#open(key);
    while (this.#head && compareBytes(this.#head.key, key) < 0) this.#head = this.#advance();
    return this.#head && compareBytes(this.#head.key, key) === 0 ? this.#head : undefined;
  }

  #open(key: Uint8Array): void {
    this.#begun = true;
    const page = this.#before.get(this.#unit, key);
    this.#items = readPage((page?.items as Uint8Array | undefined) ?? new Uint8Array(0))[Symbol.iterator]();
    this.#head = this.#advance();
    this.#next = this.#after.get(this.#unit, key)?.first as Uint8Array | undefined;
  }

  #advance(): KnownItem | undefined {
    const next = this.#items.next();
    return next.done ? undefined : next.value;
  }
}

export const readPage = (bytes: Uint8Array): Iterable<KnownItem> => readItems(bytes);
