/** What was found in a file: little of each item, and none of its bytes. */
import type { BytePath } from '../files/index.ts';
import type { FileIdentity } from './place.ts';

export interface Span {
  readonly offset: number;
  readonly length: number;
}

export interface RecordItem {
  /** Without the number that further items of one id get, and with it. */
  readonly base: string;
  readonly id: string;
  /** Stands for the id in a layout. */
  readonly mark: string;
  title: string;
  time: number;
  readonly parts: Span[];
  /** Of the bytes without line ends at their end; those line ends: hexadecimal. */
  body: string;
  ends: string;
  readonly position: number;
}

export interface FoundFile {
  /** Within the place. */
  readonly name: BytePath;
  readonly path: BytePath;
  readonly identity: FileIdentity;
  readonly items: readonly RecordItem[];
  /** The whole file in order: gaps, and an item for each of its parts. */
  readonly sequence: readonly (RecordItem | Span)[];
  readonly layout: readonly LayoutPiece[];
  /** It was cut short, or broken otherwise. */
  readonly damage: string | undefined;
}

export interface LayoutPiece {
  readonly id: string;
  /** Entries of the file's sequence, the last one excluded. */
  readonly from: number;
  readonly to: number;
  readonly length: number;
  readonly digest: Uint8Array;
}

export const isItem = (entry: RecordItem | Span): entry is RecordItem => 'parts' in entry;
