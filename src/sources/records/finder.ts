/** Finds the parts of a file in what a cutter makes of it, and gives them their ids. */
import type { Cut, Facts } from '../../formats/cut/index.ts';
import { Marks, markOf } from '../listing/index.ts';
import { type PartDigest, PartHasher } from './digest.ts';
import type { RecordKind } from './kind.ts';
import { apart, contentId, copyId, ownId } from './uid.ts';

/** A file with more bytes around its items than this is something else. */
const MAX_GAPS = 64 * 1024 * 1024;

export interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface FoundPart extends Span {
  /** Of its item: without the number that further items of one id get, and with it. */
  readonly base: string;
  readonly id: string;
  /** Stands for the id in a layout. */
  readonly mark: string;
  /** Its item has begun already. */
  readonly further: boolean;
  readonly facts: Facts;
  readonly digest: PartDigest;
}

/** Told of everything in a file, in order. */
export interface PartTaker {
  gap(length: number): void;
  part(part: FoundPart): void;
}

export class Finder {
  readonly #kind: RecordKind;
  readonly #taker: PartTaker;
  readonly #marks = new Marks();
  /** How many items there are of an id that several have. */
  readonly #copies = new Map<string, number>();
  #hasher: PartHasher | undefined;
  #offset = 0;
  #start = 0;
  #gap = 0;
  #gaps = 0;

  constructor(kind: RecordKind, taker: PartTaker) {
    this.#kind = kind;
    this.#taker = taker;
  }

  take(cuts: readonly Cut[]): void {
    for (const cut of cuts) {
      if (cut.kind === 'end') {
        const length = this.#offset - this.#start;
        if (cut.facts) this.#part(cut.facts, length, this.#hasher!.end());
        else this.#addGap(length);
        this.#hasher = undefined;
        continue;
      }
      const offset = this.#offset;
      this.#offset += cut.bytes.length;
      if (cut.kind === 'gap') {
        this.#addGap(cut.bytes.length);
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

  end(): void {
    if (this.#gap > 0) this.#taker.gap(this.#gap);
    this.#gap = 0;
  }

  #addGap(length: number): void {
    this.#gap += length;
    this.#gaps += length;
    if (this.#gaps > MAX_GAPS) throw new Error(`it has more than ${MAX_GAPS} bytes that are no items`);
  }

  #part(facts: Facts, length: number, digest: PartDigest): void {
    this.end();
    const own = ownId(this.#kind.id(facts));
    const base = own ?? contentId(digest.body);
    const joins = this.#kind.joins && own !== undefined;
    this.#taker.part({ offset: this.#start, length, base, ...this.#identify(base, joins), facts, digest });
  }

  #identify(base: string, joins: boolean): Pick<FoundPart, 'id' | 'mark' | 'further'> {
    const mark = markOf(base);
    const fresh = this.#marks.add(mark);
    if (fresh || joins) return { id: base, mark, further: !fresh };
    // An application may have given such an id itself.
    for (let copy = (this.#copies.get(base) ?? 1) + 1; ; copy++) {
      const id = copyId(base, copy);
      const other = markOf(id);
      if (!this.#marks.add(other)) continue;
      this.#copies.set(apart(base), copy);
      return { id, mark: other, further: false };
    }
  }
}
