/**
 * How much fits into a set. What no reader would take is refused while it is uploaded, not after, and not by a reader.
 * docs/format.md, "How much fits".
 */
import { MAX_MANIFEST, type SegmentTable } from '../../set/index.ts';
import type { UnitKey } from '../catalogue.ts';
import { BackupError } from '../errors.ts';

/** A manifest of 16 MiB has room for so many, and none of its lists is longer. */
const MOST_SEGMENTS = 100_000;

/** The head of an index has 64 MiB, and 36 bytes for each: its gap, its length, its hash. */
const MOST_FRAMES = 1_800_000;

export class Room {
  #segments = 0;
  readonly #frames = new Map<string, number>();

  /** A segment of the set was stored. @throws BackupError `ERR_SET_TOO_LARGE` */
  add({ database, class: itemClass }: UnitKey, { frames }: Pick<SegmentTable, 'frames'>): void {
    if (++this.#segments > MOST_SEGMENTS) throw tooManySegments();
    const unit = `${itemClass} ${database}`;
    const count = (this.#frames.get(unit) ?? 0) + frames.length;
    this.#frames.set(unit, count);
    if (count > MOST_FRAMES) throw tooLongIndex(database);
  }
}

/** @param manifest its bytes. @throws BackupError `ERR_SET_TOO_LARGE` */
export function requireReadable(manifest: number): void {
  if (manifest > MAX_MANIFEST) throw tooManySegments();
}

const tooManySegments = (): BackupError =>
  new BackupError(
    'ERR_SET_TOO_LARGE',
    `this set would have more than ${MOST_SEGMENTS} segments, more than a manifest can name; back up some of the databases first (holdfast backup --database NAME), then the others: each set names only what it adds`,
  );

export const tooLongIndex = (database: string): BackupError =>
  new BackupError(
    'ERR_SET_TOO_LARGE',
    `"${database}" has more frames, of 60 KiB each or of one item, than an index can name (about 110 GB); divide it: add its sources under several database names`,
  );
