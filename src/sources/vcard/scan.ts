/** Reads the files through and finds the cards; holds the bytes of one card at a time. */
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { type SkippedItem, SourceError } from '../../database/index.ts';
import { type Piece, readCardHead, Splitter, VObjectError } from '../../formats/vobject/index.ts';
import {
  type BytePath,
  type FileIdentity,
  fromBytes,
  fsPath,
  identityOf,
  join,
  type Place,
  READING,
  sameFile,
  shown,
  toBytes,
} from '../files/index.ts';
import { bodyOf, type Card, digestOf, MAX_CARD, NAME, Uids } from './card.ts';

export type TakeCard = (card: Card) => void;

const CHUNK = 1024 * 1024;

/**
 * The cards of a place, in order of files and of their position in them.
 *
 * @returns what the files are that were read
 * @throws SourceError, or a system error, when any file cannot be read completely
 */
export async function scan(
  place: Place,
  skip: (skipped: SkippedItem) => void,
  take: TakeCard,
): Promise<Map<BytePath, FileIdentity>> {
  const finder = new Finder(skip, take);
  const files = new Map<BytePath, FileIdentity>();
  for (const name of filesOf(place, skip)) files.set(name, await finder.file(join(place.folder, name), name));
  return files;
}

export const isVcf = (name: BytePath): boolean => /\.(vcf|vcard)$/i.test(name);

/** The names of the files, sorted. */
function filesOf(place: Place, skip: (skipped: SkippedItem) => void): BytePath[] {
  if (place.kind === 'file') return [place.file];
  const names = readdirSync(fsPath(place.folder), 'buffer').map(fromBytes).filter(isVcf).sort();
  return names.filter((name) => {
    if (lstatSync(fsPath(join(place.folder, name))).isFile()) return true;
    skip({ uid: toBytes(name), reason: `${shown(name)}: not a regular file` });
    return false;
  });
}

class Finder {
  readonly #uids = new Uids();
  readonly #skip: (skipped: SkippedItem) => void;
  readonly #taker: TakeCard;
  #cards = 0;
  readonly #buffer = new Uint8Array(CHUNK);
  #sinceBreath = 0;

  constructor(skip: (skipped: SkippedItem) => void, taker: TakeCard) {
    this.#skip = skip;
    this.#taker = taker;
  }

  async file(path: BytePath, name: BytePath): Promise<FileIdentity> {
    const first = this.#cards;
    const fd = openSync(fsPath(path), READING);
    try {
      const before = fstatSync(fd, { bigint: true });
      if (!before.isFile())
        throw new SourceError('ERR_SOURCE_FORMAT', `${shown(path)} is not a regular file`);
      const splitter = new Splitter(NAME, MAX_CARD);
      for (let count = this.#read(fd); count > 0; count = this.#read(fd)) {
        this.#take(splitter.push(this.#buffer.subarray(0, count)), name, first);
        if ((this.#sinceBreath += count) >= CHUNK) {
          this.#sinceBreath = 0;
          await setImmediate();
        }
      }
      const last = splitter.end();
      refuseCutShort(last, this.#cards > first, path);
      this.#take(last, name, first);
      const after = fstatSync(fd, { bigint: true });
      if (!sameFile(identityOf(before), identityOf(after))) {
        throw new SourceError(
          'ERR_SOURCE_ITEM_CHANGED',
          `${shown(path)} changed while it was read; try again`,
        );
      }
      return identityOf(after);
    } catch (error) {
      if (!(error instanceof VObjectError)) throw error;
      throw new SourceError('ERR_SOURCE_FORMAT', `cannot read ${shown(path)}: ${error.message}`, {
        cause: error,
      });
    } finally {
      closeSync(fd);
    }
  }

  #read(fd: number): number {
    return readSync(fd, this.#buffer, 0, CHUNK, null);
  }

  #take(pieces: readonly Piece[], file: BytePath, first: number): void {
    for (const piece of pieces) {
      const head = readCardHead(piece.bytes);
      if (piece.kind === 'overlong') {
        const uid = head.uid ?? toBytes(file);
        const reason = `${shown(file)}: card ${this.#cards - first + 1} has more than ${MAX_CARD} bytes`;
        this.#skip({ uid, reason });
        continue;
      }
      const body = bodyOf(piece.bytes);
      this.#taker({
        uid: this.#uids.next(head, body),
        file,
        offset: piece.offset,
        length: piece.bytes.length,
        title: head.title,
        time: head.time,
        digest: digestOf(piece.bytes),
        body,
        position: this.#cards++,
      });
    }
  }
}

/** An export that broke off must not look like deleted contacts (U6). */
function refuseCutShort(last: readonly Piece[], others: boolean, path: BytePath): void {
  const piece = last.at(-1);
  if (piece?.kind !== 'component' || piece.ended || !(others || last.length > 1)) return;
  const message = `${shown(path)} ends inside the card at byte ${piece.offset}: it was cut short; export it again`;
  throw new SourceError('ERR_SOURCE_FORMAT', message);
}
