import { closeSync, openSync } from 'node:fs';
import {
  type Content,
  type ListedItem,
  type Source,
  SourceError,
  type SourceWriter,
  type WriterOptions,
} from '../../database/index.ts';
import { compareBytes, concat } from '../../lib/bytes.ts';
import {
  type BytePath,
  errnoOf,
  fromBytes,
  fsPath,
  guarded,
  join,
  reasonOf,
  shown,
  sourceName,
  toBytes,
} from '../files/index.ts';
import { bodyOf, PartHasher, sha256, stampOf } from './digest.ts';
import { type FoundFile, isItem, type LayoutPiece, partsOf, type RecordItem } from './found.ts';
import type { RecordKind, RecordOptions } from './kind.ts';
import { layoutBytes, readSpan } from './layout.ts';
import { filesOf, type Place, placeOf, READING, unavailable } from './place.ts';
import { scan } from './scan.ts';
import { formatUid } from './uid.ts';
import { isUsual } from './usual.ts';
import { recordWriter } from './writer.ts';

export const recordSource = (kind: RecordKind, options: RecordOptions): Source =>
  new RecordSource(kind, options);

const BATCH = 1000;
/** Longer items are read in pieces. */
const SMALL = 1024 * 1024;
const LAYOUT_TYPE = 'application/vnd.holdfast.layout';

interface Entry {
  readonly uid: string;
  readonly file: FoundFile;
  readonly what: RecordItem | LayoutPiece;
}

class RecordSource implements Source {
  readonly kind: string;
  readonly #kind: RecordKind;
  readonly #options: RecordOptions;
  readonly #name: string;
  /** Sorted by uid. */
  #entries: Entry[] = [];
  /** The file read last stays open: the next item is likely to be in it. */
  #open: { readonly path: BytePath; readonly fd: number } | undefined;

  constructor(kind: RecordKind, options: RecordOptions) {
    this.kind = kind.kind;
    this.#kind = kind;
    this.#options = options;
    this.#name = sourceName(options);
  }

  async *list(skip: Parameters<Source['list']>[0]): AsyncGenerator<readonly ListedItem[]> {
    this.#closeFile();
    this.#entries = [];
    const entries: Entry[] = [];
    try {
      const place = placeOf(this.#options, this.#kind);
      if (!place.exists) throw new Error('it is not there');
      for (const name of filesOf(place, this.#kind)) {
        const file = await this.#scan(place, name, skip);
        if (file) addEntries(entries, place.kind === 'file' ? '' : name, file, this.#kind);
      }
    } catch (error) {
      throw unavailable(this.#name, error);
    }
    entries.sort((a, b) => (a.uid < b.uid ? -1 : 1));
    this.#entries = entries;
    for (let at = 0; at < entries.length; at += BATCH)
      yield entries.slice(at, at + BATCH).map((entry) => listed(entry, this.#kind));
  }

  read(item: ListedItem): Content {
    const entry = this.#find(fromBytes(item.uid));
    const name = item.title || shown(fromBytes(item.uid));
    if (!entry) throw new SourceError('ERR_SOURCE_ITEM_UNREADABLE', `${name} is not in ${this.#name}`);
    try {
      const { what } = entry;
      if (!isItem(what)) return { kind: 'bytes', bytes: this.#layout(entry.file, what) };
      const chunks = this.#chunks(entry.file, what);
      if (sizeOf(what) > SMALL)
        return { kind: 'stream', chunks: guarded(chunks, (e) => this.#failure(name, e)) };
      return { kind: 'bytes', bytes: together([...chunks]) };
    } catch (error) {
      throw this.#failure(name, error);
    }
  }

  async writer(options: WriterOptions): Promise<SourceWriter> {
    return recordWriter(this.#kind, this.#options, this.#name, options);
  }

  async close(): Promise<void> {
    this.#closeFile();
  }

  /** Undefined when there is nothing to list, which has been reported. */
  async #scan(
    place: Place,
    name: BytePath,
    skip: Parameters<Source['list']>[0],
  ): Promise<FoundFile | undefined> {
    const report = (why: string): void => {
      const reason = `${shown(name)}: ${why}`;
      if (place.kind === 'file') throw new SourceError('ERR_SOURCE_FORMAT', `${this.#name}: ${why}`);
      skip({ uid: toBytes(`${name}/`), reason });
    };
    try {
      const file = await scan(join(place.folder, name), name, this.#kind);
      if (file.damage !== undefined) report(file.damage);
      return file;
    } catch (error) {
      if (place.kind === 'file') throw error;
      // What vanished between the folder and the look at it is not there: that is no failure.
      if (errnoOf(error) !== 'ENOENT') report(reasonOf(error));
      return undefined;
    }
  }

  #layout(file: FoundFile, piece: LayoutPiece): Uint8Array {
    const bytes = layoutBytes(this.#file(file.path), file.sequence, piece);
    if (compareBytes(sha256(bytes), piece.digest) !== 0) throw changed();
    return bytes;
  }

  /** Throws behind the last chunk when the bytes are not those that were listed. */
  *#chunks(file: FoundFile, item: RecordItem): Generator<Uint8Array> {
    const digests = [];
    for (const { offset, length } of partsOf(item)) {
      const hasher = new PartHasher();
      for (let at = 0; at < length; at += SMALL) {
        const chunk = readSpan(this.#file(file.path), {
          offset: offset + at,
          length: Math.min(SMALL, length - at),
        });
        hasher.update(chunk);
        yield chunk;
      }
      digests.push(hasher.end());
    }
    const ends = digests.map(({ ends }) => ends).join();
    if (bodyOf(digests) !== item.body || ends !== item.ends) throw changed();
  }

  #failure(name: string, error: unknown): SourceError {
    if (error instanceof Changed)
      return new SourceError('ERR_SOURCE_ITEM_CHANGED', `${name} in ${this.#name} ${error.message}`);
    const message = `cannot read ${name} in ${this.#name}: ${reasonOf(error)}`;
    return new SourceError('ERR_SOURCE_ITEM_UNREADABLE', message, { cause: error });
  }

  #find(uid: string): Entry | undefined {
    let [from, to] = [0, this.#entries.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#entries[middle]!.uid < uid) from = middle + 1;
      else to = middle;
    }
    const entry = this.#entries[from];
    return entry?.uid === uid ? entry : undefined;
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

class Changed extends Error {}
const changed = (): Changed => new Changed('changed since it was listed');

function addEntries(entries: Entry[], prefix: BytePath, file: FoundFile, kind: RecordKind): void {
  const add = (what: RecordItem | LayoutPiece): void => {
    entries.push({ uid: formatUid({ file: prefix, id: what.id }), file, what });
  };
  file.items.forEach(add);
  if (!isUsual(file, kind)) file.layout.forEach(add);
}

function listed({ uid, file, what }: Entry, kind: RecordKind): ListedItem {
  const common = { uid: toBytes(uid), path: shown(file.name) };
  if (isItem(what)) {
    const { title, time, position, body, ends } = what;
    const facts = { title, type: kind.type, time, attributes: { position } };
    return { ...common, ...facts, stamp: stampOf(body, ends), size: sizeOf(what) };
  }
  const facts = { title: `layout of ${shown(file.name)}`, type: LAYOUT_TYPE, time: 0, attributes: {} };
  return { ...common, ...facts, stamp: what.digest, size: what.length };
}

const sizeOf = (item: RecordItem): number => partsOf(item).reduce((sum, { length }) => sum + length, 0);

function together(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : concat(...chunks);
}
