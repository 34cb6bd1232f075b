import { closeSync, constants, openSync, readSync } from 'node:fs';
import {
  type Content,
  type ListedItem,
  type Source,
  SourceError,
  type SourceWriter,
  type WriterOptions,
} from '../../database/index.ts';
import { compareBytes, showBytes } from '../../lib/bytes.ts';
import { type BytePath, fromBytes, fsPath, join, reasonOf, sourceName } from '../files/index.ts';
import { type Card, digestOf, listed } from './card.ts';
import { type Place, placeOf, unavailable } from './place.ts';
import { type Found, scan } from './scan.ts';
import { vcardWriter } from './writer.ts';

export interface VcardOptions {
  /** A `.vcf` file, or a folder of them. */
  readonly path: string;
  /** For messages. */
  readonly label?: string;
}

const BATCH = 1000;

export const vcardSource = (options: VcardOptions): Source => new VcardSource(options);

class VcardSource implements Source {
  readonly kind = 'vcard';
  readonly #path: string;
  readonly #name: string;
  #place: Place | undefined;
  #cards: ReadonlyMap<string, Card> = new Map();
  /** The file read last stays open: the next card is likely to be in it. */
  #open: { readonly file: BytePath; readonly fd: number } | undefined;
  #buffer = new Uint8Array(64 * 1024);

  constructor(options: VcardOptions) {
    this.#path = options.path;
    this.#name = sourceName(options);
  }

  async *list(skip: Parameters<Source['list']>[0]): AsyncGenerator<readonly ListedItem[]> {
    this.#closeFile();
    let found: Found;
    try {
      this.#place = placeOf(this.#path);
      if (!this.#place.exists) throw new Error('it is not there');
      found = await scan(this.#place, skip);
    } catch (error) {
      throw unavailable(this.#name, error);
    }
    const cards = [...found.cards].sort((a, b) => (a.uid < b.uid ? -1 : 1));
    this.#cards = new Map(cards.map((card) => [card.uid, card]));
    for (let at = 0; at < cards.length; at += BATCH) yield cards.slice(at, at + BATCH).map(listed);
  }

  read(item: ListedItem): Content {
    const card = this.#cards.get(fromBytes(item.uid));
    const name = item.title || showBytes(item.uid);
    if (!card) throw new SourceError('ERR_SOURCE_ITEM_UNREADABLE', `${name} is not in ${this.#name}`);
    let bytes: Uint8Array;
    try {
      bytes = this.#bytes(card);
    } catch (error) {
      const message = `cannot read ${name} in ${this.#name}: ${reasonOf(error)}`;
      throw new SourceError('ERR_SOURCE_ITEM_UNREADABLE', message, { cause: error });
    }
    if (compareBytes(digestOf(bytes), card.digest) !== 0) {
      throw new SourceError(
        'ERR_SOURCE_ITEM_CHANGED',
        `${name} in ${this.#name} changed since it was listed`,
      );
    }
    return { kind: 'bytes', bytes };
  }

  async writer(options: WriterOptions): Promise<SourceWriter> {
    return await vcardWriter(this.#path, this.#name, options);
  }

  async close(): Promise<void> {
    this.#closeFile();
  }

  #bytes(card: Card): Uint8Array {
    if (this.#buffer.length < card.length) this.#buffer = new Uint8Array(card.length);
    const count = readSync(this.#file(card.file), this.#buffer, 0, card.length, card.offset);
    return this.#buffer.subarray(0, count);
  }

  #file(file: BytePath): number {
    if (this.#open?.file === file) return this.#open.fd;
    this.#closeFile();
    const path = fsPath(join(this.#place!.folder, file));
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    this.#open = { file, fd };
    return fd;
  }

  #closeFile(): void {
    if (this.#open) closeSync(this.#open.fd);
    this.#open = undefined;
  }
}
