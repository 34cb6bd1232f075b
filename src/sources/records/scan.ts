/** Reads a file through and finds its items; holds little of each, and none of their bytes. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { SourceError } from '../../database/index.ts';
import type { Cut, Facts } from '../../formats/cut/index.ts';
import { BaseError } from '../../lib/errors.ts';
import { type BytePath, fsPath, shown } from '../files/index.ts';
import { bodyOf, markOf, type PartDigest, PartHasher } from './digest.ts';
import type { FoundFile, RecordItem, Span } from './found.ts';
import type { RecordKind } from './kind.ts';
import { layoutPieces } from './layout.ts';
import { identityOf, READING, sameFile } from './place.ts';
import { apart, contentId, copyId, ownId } from './uid.ts';

const CHUNK = 1024 * 1024;
/** A file with more bytes around its items than this is something else. */
const MAX_GAPS = 64 * 1024 * 1024;

/** @throws SourceError, or a system error, when it cannot be read completely */
export async function scan(path: BytePath, name: BytePath, kind: RecordKind): Promise<FoundFile> {
  const fd = openSync(fsPath(path), READING);
  try {
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile()) throw new SourceError('ERR_SOURCE_FORMAT', `${shown(name)} is not a regular file`);
    const finder = new Finder(kind);
    const cutter = kind.cutter(false);
    const buffer = new Uint8Array(Math.min(CHUNK, Number(before.size) + 1));
    for (let count = readSync(fd, buffer); count > 0; count = readSync(fd, buffer)) {
      finder.take(cutter.push(buffer.subarray(0, count)));
      await setImmediate();
    }
    finder.take(cutter.end());
    const items = finder.end();
    const { sequence } = finder;
    const layout = layoutPieces(fd, sequence);
    const identity = identityOf(fstatSync(fd, { bigint: true }));
    if (!sameFile(identityOf(before), identity))
      throw new SourceError('ERR_SOURCE_ITEM_CHANGED', `${shown(name)} changed while it was read; try again`);
    return { name, path, identity, items, sequence, layout, damage: cutter.damage };
  } catch (error) {
    if (!(error instanceof BaseError) || error instanceof SourceError) throw error;
    const message = `cannot read ${shown(name)}: ${error.message}`;
    throw new SourceError('ERR_SOURCE_FORMAT', message, { cause: error });
  } finally {
    closeSync(fd);
  }
}

class Finder {
  readonly sequence: (RecordItem | number)[] = [];
  readonly #kind: RecordKind;
  readonly #items: RecordItem[] = [];
  /** Parts found of items that may have several. */
  readonly #joined = new Map<string, { item: RecordItem; digests: PartDigest[]; main: boolean }>();
  readonly #copies = new Map<string, number>();
  #hasher: PartHasher | undefined;
  #offset = 0;
  #start = 0;
  #gaps = 0;

  constructor(kind: RecordKind) {
    this.#kind = kind;
  }

  take(cuts: readonly Cut[]): void {
    for (const cut of cuts) {
      if (cut.kind === 'end') {
        const span = { offset: this.#start, length: this.#offset - this.#start };
        if (cut.facts) this.#part(cut.facts, span, this.#hasher!.end());
        else this.#gap(span.length);
        this.#hasher = undefined;
        continue;
      }
      const offset = this.#offset;
      this.#offset += cut.bytes.length;
      if (cut.kind === 'gap') {
        this.#gap(cut.bytes.length);
        continue;
      }
      if (!this.#hasher) {
        this.#hasher = new PartHasher();
        this.#start = offset;
      }
      this.#hasher.update(cut.bytes);
    }
    this.#hasher?.own();
  }

  end(): readonly RecordItem[] {
    for (const { item, digests } of this.#joined.values()) {
      item.body = bodyOf(digests);
      item.ends = digests.map(({ ends }) => ends).join();
    }
    return this.#items;
  }

  #gap(length: number): void {
    this.#gaps += length;
    if (this.#gaps > MAX_GAPS) throw new Error(`it has more than ${MAX_GAPS} bytes that are no items`);
    const last = this.sequence.at(-1);
    if (typeof last === 'number') this.sequence[this.sequence.length - 1] = last + length;
    else this.sequence.push(length);
  }

  #part(facts: Facts, span: Span, digest: PartDigest): void {
    const own = ownId(this.#kind.id(facts));
    const joins = this.#kind.joins && own !== undefined;
    const known = joins ? this.#joined.get(own) : undefined;
    if (known) {
      const { item } = known;
      item.more ??= [];
      item.more.push(span);
      known.digests.push(digest);
      if (facts.main && !known.main) item.title = facts.title;
      item.time = Math.max(item.time, facts.time);
      known.main ||= facts.main === true;
      this.sequence.push(item);
      return;
    }
    const base = apart(own ?? contentId(digest.body));
    const copy = (this.#copies.get(base) ?? 0) + 1;
    this.#copies.set(base, copy);
    const { title, time } = facts;
    const position = this.#items.length;
    const id = copyId(base, copy);
    const item: RecordItem = {
      ...span,
      base,
      id,
      mark: markOf(id),
      title,
      time,
      more: undefined,
      ...digest,
      position,
    };
    this.#items.push(item);
    this.sequence.push(item);
    if (joins) this.#joined.set(own, { item, digests: [digest], main: facts.main === true });
  }
}
