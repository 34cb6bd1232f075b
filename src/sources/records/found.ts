/** What was found in a file that is to be written: little of each item, and none of its bytes. */
import type { BytePath, FileIdentity } from '../files/index.ts';
import { bodyOf, type PartDigest } from './digest.ts';
import type { FoundPart, PartTaker, Span } from './finder.ts';
import type { RecordKind } from './kind.ts';
import { apart } from './uid.ts';

/** Where its first part is, and what is known of all of them. */
export interface RecordItem extends Span {
  /** Without the number that further items of one id get, and with it. */
  readonly base: string;
  readonly id: string;
  /** Stands for the id in a layout. */
  readonly mark: string;
  /** The further parts. */
  more: Span[] | undefined;
  /** See `PartDigest`. */
  body: string;
}

/** A whole file in order: the lengths of gaps, and an item for each of its parts. */
export type Sequence = readonly (RecordItem | number)[];

export interface FoundFile {
  /** Within the place. */
  readonly name: BytePath;
  readonly path: BytePath;
  readonly identity: FileIdentity;
  readonly items: readonly RecordItem[];
  readonly sequence: Sequence;
  /** It was cut short, or broken otherwise. */
  readonly damage: string | undefined;
}

export const partCount = (item: RecordItem): number => 1 + (item.more?.length ?? 0);

/** The n-th part, from 0. */
export const partAt = (item: RecordItem, n: number): Span => (n === 0 ? item : item.more![n - 1]!);

/** Puts the parts of a file together. */
export class Collector implements PartTaker {
  readonly items: RecordItem[] = [];
  readonly sequence: (RecordItem | number)[] = [];
  readonly #kind: RecordKind;
  /** Parts found of items that may have several. */
  readonly #joined = new Map<string, { item: RecordItem; digests: PartDigest[] }>();

  constructor(kind: RecordKind) {
    this.#kind = kind;
  }

  gap(length: number): void {
    this.sequence.push(length);
  }

  part({ offset, length, base, id, mark, digest }: FoundPart): void {
    const known = this.#joined.get(id);
    if (known) {
      known.item.more ??= [];
      known.item.more.push({ offset, length });
      known.digests.push(digest);
      this.sequence.push(known.item);
      return;
    }
    const item: RecordItem = {
      ...{ offset, length, mark, body: digest.body },
      base: apart(base),
      id: apart(id),
      more: undefined,
    };
    this.items.push(item);
    this.sequence.push(item);
    if (this.#kind.joins) this.#joined.set(item.id, { item, digests: [digest] });
  }

  end(): void {
    for (const { item, digests } of this.#joined.values()) item.body = bodyOf(digests);
  }
}
