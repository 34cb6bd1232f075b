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
  identityOfFolder,
  join,
  type Place,
  type PlaceOptions,
  placeOf,
  READING,
  reasonOf,
  shown,
  sourceName,
  toBytes,
  unavailable,
} from '../files/index.ts';
import { bodyOf, PartHasher, sha256, stampOf } from './digest.ts';
import type { RecordKind } from './kind.ts';
import { type LayoutPiece, layoutBytes, readSpan } from './layout.ts';
import { type ListedFile, type ListedRecord, listFile } from './listed.ts';
import { filesOf } from './names.ts';
import { recordWriter } from './writer.ts';

export const recordSource = (kind: RecordKind, options: PlaceOptions): Source =>
  new RecordSource(kind, options);

const BATCH = 1000;
/** Longer items are read in pieces. */
const SMALL = 1024 * 1024;
const LAYOUT_TYPE = 'application/vnd.holdfast.layout';

interface Entry {
  /** Path of its file. */
  readonly path: BytePath;
  readonly what: ListedRecord | LayoutPiece;
}

class RecordSource implements Source {
  readonly kind: string;
  readonly #kind: RecordKind;
  readonly #options: PlaceOptions;
  readonly #name: string;
  /** Where items lie, for as long as somebody has them. */
  readonly #entries = new WeakMap<ListedItem, Entry>();
  /** The file read last stays open: the next item is likely to be in it. */
  #open: { readonly path: BytePath; readonly fd: number } | undefined;

  constructor(kind: RecordKind, options: PlaceOptions) {
    this.kind = kind.kind;
    this.#kind = kind;
    this.#options = options;
    this.#name = sourceName(options);
  }

  async *list(skip: Parameters<Source['list']>[0]): AsyncGenerator<readonly ListedItem[]> {
    this.#closeFile();
    try {
      const place = placeOf(this.#options, (name) => this.#kind.isFile(name, false));
      if (!place.exists) throw new Error('it is not there');
      const before = identityOfFolder(place);
      // One file after the other: their names and `/` begin the uids.
      for (const name of filesOf(place, this.#kind)) {
        const file = await this.#list(place, name, skip);
        if (file) yield* this.#batches(name, join(place.folder, name), file);
      }
      // Unmounted on the way, all that was not listed yet would look deleted (U6).
      if (identityOfFolder(place) !== before) throw new Error('it was replaced while it was listed');
    } catch (error) {
      throw unavailable(this.#name, error);
    }
  }

  *#batches(name: BytePath, path: BytePath, file: ListedFile): Generator<readonly ListedItem[]> {
    const shownName = shown(name);
    let batch: ListedItem[] = [];
    for (const { uid, what } of file.entries) {
      const item = listed(uid, shownName, what, this.#kind);
      this.#entries.set(item, { path, what });
      if (batch.push(item) < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  read(item: ListedItem): Content {
    const entry = this.#entries.get(item);
    const name = item.title || shown(fromBytes(item.uid));
    if (!entry) throw new SourceError('ERR_SOURCE_ITEM_UNREADABLE', `${name} is not in ${this.#name}`);
    try {
      const { path, what } = entry;
      if (!isRecord(what)) return { kind: 'bytes', bytes: this.#layout(path, what) };
      const chunks = this.#chunks(path, what);
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
  async #list(
    place: Place,
    name: BytePath,
    skip: Parameters<Source['list']>[0],
  ): Promise<ListedFile | undefined> {
    const one = place.kind === 'file';
    const report = (why: string): void =>
      one
        ? skip({ uid: new Uint8Array(0), reason: `${this.#name}: ${why}` })
        : skip({ uid: toBytes(`${name}/`), reason: `${shown(name)}: ${why}` });
    try {
      const prefix = one ? '' : name;
      const file = await listFile(join(place.folder, name), name, this.#kind, prefix);
      // What has nothing complete in it may be something else altogether.
      if (file.damage !== undefined && one && file.items === 0)
        throw new SourceError('ERR_SOURCE_FORMAT', `${this.#name}: ${file.damage}`);
      if (file.damage !== undefined) report(file.damage);
      return file;
    } catch (error) {
      if (one) throw error;
      // What vanished between the folder and the look at it is not there: that is no failure.
      if (errnoOf(error) !== 'ENOENT') report(reasonOf(error));
      return undefined;
    }
  }

  #layout(path: BytePath, piece: LayoutPiece): Uint8Array {
    const bytes = layoutBytes(this.#file(path), piece);
    if (compareBytes(sha256(bytes), piece.digest) !== 0) throw changed();
    return bytes;
  }

  /** Throws behind the last chunk when the bytes are not those that were listed. */
  *#chunks(path: BytePath, item: ListedRecord): Generator<Uint8Array> {
    const digests = [];
    for (const { offset, length } of item.parts) {
      const hasher = new PartHasher();
      for (let at = 0; at < length; at += SMALL) {
        const chunk = readSpan(this.#file(path), {
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

const isRecord = (what: ListedRecord | LayoutPiece): what is ListedRecord => 'parts' in what;

function listed(uid: string, file: string, what: ListedRecord | LayoutPiece, kind: RecordKind): ListedItem {
  const common = { uid: toBytes(uid), path: file };
  if (isRecord(what)) {
    const { title, time, position, body, ends } = what;
    const facts = { title, type: kind.type, time, attributes: { position } };
    return { ...common, ...facts, stamp: stampOf(body, ends), size: sizeOf(what) };
  }
  const facts = { title: `layout of ${file}`, type: LAYOUT_TYPE, time: 0, attributes: {} };
  return { ...common, ...facts, stamp: what.digest, size: what.length };
}

const sizeOf = (item: ListedRecord): number => item.parts.reduce((sum, { length }) => sum + length, 0);

function together(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : concat(...chunks);
}
