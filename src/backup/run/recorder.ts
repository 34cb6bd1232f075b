/**
 * Changes on their way into the catalogue: one is recorded when every segment that it lies in is stored, in the same
 * transaction as the last of them, so that a run that breaks off goes on from there.
 */
import type { Extent, IndexEntry, PresentEntry, SegmentTable } from '../../set/index.ts';
import type { CatalogueRun, Change, UnitKey } from '../catalogue.ts';
import type { Piece } from './segment-stream.ts';

/** A change whose place is not known yet (`pieces`), or that needs none. */
export interface PendingChange {
  readonly stamp: Uint8Array;
  readonly same: boolean;
  readonly entry: IndexEntry | Omit<PresentEntry, 'extents'>;
  readonly pieces?: readonly Piece[];
}

/** Changes waiting without a segment to carry them are recorded by themselves from here on. */
const ENOUGH = 8000;

export class Recorder {
  readonly #run: CatalogueRun;
  readonly #stored = new Set<number>();
  readonly #pending = new Map<UnitKey, PendingChange[]>();
  #waiting = 0;

  constructor(run: CatalogueRun) {
    this.#run = run;
  }

  /** In ascending order of key within a unit. */
  add(unit: UnitKey, change: PendingChange): void {
    let pending = this.#pending.get(unit);
    if (!pending) this.#pending.set(unit, (pending = []));
    pending.push(change);
    if (++this.#waiting >= ENOUGH && !change.pieces) {
      this.#waiting = 0;
      this.#record([]);
    }
  }

  stored(number: number, table: SegmentTable): void {
    this.#stored.add(number);
    this.#record([{ number, table }]);
  }

  /** Records what is left; everything has to be stored by now. */
  finish(): void {
    this.#record([]);
    for (const pending of this.#pending.values())
      if (pending.length > 0) throw new Error('a change without a stored segment');
  }

  /** Drops what waits of a unit whose listing failed. */
  discard(unit: UnitKey): void {
    this.#pending.delete(unit);
    this.#run.discard(unit);
  }

  #record(segments: readonly { number: number; table: SegmentTable }[]): void {
    const changes: { unit: UnitKey; changes: Change[] }[] = [];
    for (const [unit, pending] of this.#pending) {
      let count = 0;
      while (count < pending.length && this.#ready(pending[count]!)) count++;
      if (count > 0) changes.push({ unit, changes: pending.splice(0, count).map(place) });
    }
    if (segments.length > 0 || changes.length > 0) this.#run.record(segments, changes);
  }

  #ready(change: PendingChange): boolean {
    return change.pieces?.every((piece) => this.#stored.has(piece.frame.segment)) ?? true;
  }
}

function place({ stamp, same, entry, pieces }: PendingChange): Change {
  if (!pieces) return { stamp, same, entry: entry as IndexEntry };
  return { stamp, same, entry: { ...entry, extents: extents(pieces) } as PresentEntry };
}

/** Pieces in frames that follow each other become one extent. */
function extents(pieces: readonly Piece[]): Extent[] {
  const result: { segment: number; frame: number; offset: number; length: number }[] = [];
  let before: Piece | undefined;
  for (const piece of pieces) {
    const last = result.at(-1);
    const follows =
      before?.frame.segment === piece.frame.segment && before.frame.frame + 1 === piece.frame.frame;
    if (last && follows && piece.offset === 0) last.length += piece.length;
    else result.push({ ...piece.frame, offset: piece.offset, length: piece.length });
    before = piece;
  }
  return result;
}
