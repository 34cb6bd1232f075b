/** What was found in a file: little of each item, and none of its bytes. */
import type { BytePath } from '../files/index.ts';
import type { FileIdentity } from './place.ts';

export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** There may be a million of them: small things are kept small. */
export interface RecordItem extends Span {
  /** Without the number that further items of one id get, and with it. */
  readonly base: string;
  readonly id: string;
  /** Stands for the id in a layout. */
  readonly mark: string;
  title: string;
  time: number;
  /** Where its first part is: see `Span`; and the further ones. */
  more: Span[] | undefined;
  /** See `PartDigest`. */
  body: string;
  ends: string;
  readonly position: number;
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
  readonly layout: readonly LayoutPiece[];
  /** It was cut short, or broken otherwise. */
  readonly damage: string | undefined;
}

export interface LayoutPiece {
  readonly id: string;
  /** Entries of the file's sequence, the last one excluded. */
  readonly from: number;
  readonly to: number;
  /** Of the first of them in the file. */
  readonly offset: number;
  readonly length: number;
  readonly digest: Uint8Array;
}

export const isItem = (what: RecordItem | LayoutPiece): what is RecordItem => 'base' in what;

export const partsOf = (item: RecordItem): readonly Span[] => [item, ...(item.more ?? [])];

export const partCount = (item: RecordItem): number => 1 + (item.more?.length ?? 0);

/** The n-th part, from 0. */
export const partAt = (item: RecordItem, n: number): Span => (n === 0 ? item : item.more![n - 1]!);
