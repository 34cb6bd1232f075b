import { closeSync, openSync, readSync } from 'node:fs';
import {
  type Content,
  type ListedItem,
  type Source,
  SourceError,
  type SourceWriter,
  type WriterOptions,
} from '../../database/index.ts';
import { compareBytes, showBytes } from '../../lib/bytes.ts';
import {
  type BytePath,
  fsPath,
  join,
  placeOf,
  READING,
  reasonOf,
  sourceName,
  unavailable,
} from '../files/index.ts';
import { type SortedRecord, SortedRecords } from '../listing/index.ts';
import { type Card, digestOf, listed } from './card.ts';
import { isVcf, scan } from './scan.ts';
import { vcardWriter } from './writer.ts';

export interface VcardOptions {
  /** A `.vcf` file, or a folder of them. */
  readonly path: string;
  /** For messages. */
  readonly label?: string;
}

const BATCH = 1000;

export const vcardSource = (options: VcardOptions): Source => new VcardSource(options);

interface Span {
  readonly path: BytePath;
  readonly offset: number;
  readonly length: number;
}

class VcardSource implements Source {
  readonly kind = 'vcard';
  readonly #path: string;
  readonly #name: string;
  /** Where cards lie, for as long as somebody has them. */
  readonly #cards = new WeakMap<ListedItem, Span>();
  /** The file read last stays open: the next card is likely to be in it. */
  #open: { readonly path: BytePath; readonly fd: number } | undefined;
  #buffer = new Uint8Array(64 * 1024);

  constructor(options: VcardOptions) {
    this.#path = options.path;
    this.#name = sourceName(options);
  }

  async *list(skip: Parameters<Source['list']>[0]): AsyncGenerator<readonly ListedItem[]> {
    this.#closeFile();
    const cards = new SortedRecords();
    const paths: BytePath[] = [];
    const names: BytePath[] = [];
    try {
      const place = placeOf({ path: this.#path }, isVcf);
      if (!place.exists) throw new Error('it is not there');
      await scan(place, skip, (card) => {
        if (names.at(-1) !== card.file) {
          names.push(card.file);
          paths.push(join(place.folder, card.file));
        }
        pack(cards, card, names.length - 1);
      });
    } catch (error) {
      throw unavailable(this.#name, error);
    }
    let batch: ListedItem[] = [];
    for (const record of cards.inOrder()) {
      const { card, file } = unpack(record, names);
      const item = listed(card);
      this.#cards.set(item, { path: paths[file]!, offset: card.offset, length: card.length });
      if (batch.push(item) < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  read(item: ListedItem): Content {
    const card = this.#cards.get(item);
    const name = item.title || showBytes(item.uid);
    if (!card) throw new SourceError('ERR_SOURCE_ITEM_UNREADABLE', `${name} is not in ${this.#name}`);
    let bytes: Uint8Array;
    try {
      bytes = this.#bytes(card);
    } catch (error) {
      const message = `cannot read ${name} in ${this.#name}: ${reasonOf(error)}`;
      throw new SourceError('ERR_SOURCE_ITEM_UNREADABLE', message, { cause: error });
    }
    if (compareBytes(digestOf(bytes), item.stamp) !== 0) {
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

  #bytes({ path, offset, length }: Span): Uint8Array {
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
    const count = readSync(this.#file(path), this.#buffer, 0, length, offset);
    return this.#buffer.subarray(0, count);
  }

  #file(path: BytePath): number {
    if (this.#open?.path === path) return this.#open.fd;
    this.#closeFile();
    const fd = openSync(fsPath(path), READING);
    this.#open = { path, fd };
    return fd;
  }

  #closeFile(): void {
    if (this.#open) closeSync(this.#open.fd);
    this.#open = undefined;
  }
}

function pack(
  cards: SortedRecords,
  { uid, digest, offset, length, title, time, position }: Card,
  file: number,
) {
  cards.add(uid, digest, (facts) =>
    facts.uint(file).uint(offset).uint(length).uint(position).text(title).text(`${time}`),
  );
}

function unpack({ uid, digest, facts }: SortedRecord, names: readonly BytePath[]) {
  const file = facts.uint();
  const [offset, length, position] = [facts.uint(), facts.uint(), facts.uint()];
  const [title, time] = [facts.text(MAX_TEXT), Number(facts.text(MAX_TEXT))];
  const card = { uid, file: names[file]!, digest: digest.slice(), offset, length, position, title, time };
  return { card, file };
}
const MAX_TEXT = 64 * 1024;
