/**
 * Items by content: a hash table of the places of items, made when a run meets the first new item of a unit that has
 * older ones. To keep it in the database would cost every backup for what few of them need.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type ItemsByContent, readItem } from '../backup/index.ts';
import { equalBytes } from '../lib/bytes.ts';
import { readPage } from './pages.ts';

/** Sizes are remembered from here on: what is smaller is read whole and hashed once anyway. */
const LARGE = 64 * 1024;

/** Pages in memory: items that were moved together lie together. */
const PAGES = 32;

/** @param items at least as many as there are */
export function itemsByContent(db: DatabaseSync, unit: number, items: number): ItemsByContent {
  const sizes = new Set<number>();
  const places = new Places(items);
  for (const row of db.prepare('SELECT id, items FROM page WHERE unit = ?').iterate(unit)) {
    const page = row.items as Uint8Array;
    let at = 0;
    for (const item of readPage(page)) {
      const { size, fingerprint } = item.content();
      if (size >= LARGE) sizes.add(size);
      if (size > 0) places.add(markOf(fingerprint), row.id as number, at);
      at = item.bytes.byteOffset + item.bytes.length - page.byteOffset;
    }
  }
  const pages = new Map<number, Uint8Array>();
  const select = db.prepare('SELECT items FROM page WHERE id = ?');
  const pageOf = (id: number): Uint8Array => {
    const known = pages.get(id) ?? (select.get(id)!.items as Uint8Array);
    if (!pages.has(id) && pages.size >= PAGES) pages.delete(pages.keys().next().value!);
    pages.set(id, known);
    return known;
  };
  return {
    mayHave: (size) => size < LARGE || sizes.has(size),
    find(fingerprint) {
      const place = places.find(markOf(fingerprint));
      const item = place && readItem(pageOf(place.page), place.at);
      return item && equalBytes(item.content().fingerprint, fingerprint) ? item : undefined;
    },
  };
}

/** The beginning of a hash; of two items that have it alike, the first one is found and nothing worse happens. */
const markOf = (hash: Uint8Array): number =>
  ((hash[0]! << 24) | (hash[1]! << 16) | (hash[2]! << 8) | hash[3]!) >>> 0;

/** So many places are tried: files could be made to fall onto one another. */
const STEPS = 64;

/** Open addressing, half full at the most. */
class Places {
  readonly #mask: number;
  readonly #marks: Uint32Array;
  /** Ids of pages; 0 is none. */
  readonly #pages: Uint32Array;
  readonly #offsets: Uint32Array;

  constructor(items: number) {
    const room = 2 ** Math.ceil(Math.log2(2 * items + 2));
    this.#mask = room - 1;
    this.#marks = new Uint32Array(room);
    this.#pages = new Uint32Array(room);
    this.#offsets = new Uint32Array(room);
  }

  add(mark: number, page: number, at: number): void {
    const slot = this.#slot(mark);
    if (slot === undefined || this.#pages[slot] !== 0) return;
    this.#marks[slot] = mark;
    this.#pages[slot] = page;
    this.#offsets[slot] = at;
  }

  find(mark: number): { readonly page: number; readonly at: number } | undefined {
    const slot = this.#slot(mark);
    const page = slot === undefined ? 0 : this.#pages[slot]!;
    return page === 0 ? undefined : { page, at: this.#offsets[slot!]! };
  }

  /** Where it is, or would be. */
  #slot(mark: number): number | undefined {
    for (let step = 0; step < STEPS; step++) {
      const slot = (mark + step) & this.#mask;
      if (this.#pages[slot] === 0 || this.#marks[slot] === mark) return slot;
    }
    return undefined;
  }
}
