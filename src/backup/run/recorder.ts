/**
 * Changes on their way into the catalogue: one is recorded when every segment that it lies in is stored, in the same
 * transaction as the last of them, so that a run that breaks off goes on from there.
 */
import { ByteWriter } from '../../lib/binary.ts';
import { type Extent, type SegmentTable, writeExtents } from '../../set/index.ts';
import type { CatalogueRun, Change, UnitKey } from '../catalogue.ts';
import { type OpenChange, writeChange, writeOpenChange } from '../changes.ts';
import type { Piece } from './segment-stream.ts';

/** Changes waiting without a segment to carry them are recorded by themselves from here on. */
const ENOUGH = 8000;

/** Changes are recorded in parts of about this many bytes: one is read back at a time. */
const PART = 64 * 1024;

export class Recorder {
  readonly #run: CatalogueRun;
  readonly #stored = new Set<number>();
  readonly #waiting = new Map<UnitKey, Waiting>();
  #count = 0;

  constructor(run: CatalogueRun) {
    this.#run = run;
  }

  /** A change that needs nothing to be stored. In ascending order of key within a unit. */
  add(unit: UnitKey, change: Change): void {
    this.#of(unit).add(change);
    if (++this.#count >= ENOUGH) {
      this.#count = 0;
      this.#record([]);
    }
  }

  /** A change that waits for its bytes to be stored. */
  addSealed(unit: UnitKey, change: OpenChange, pieces: readonly Piece[]): void {
    this.#of(unit).addSealed(change, pieces);
  }

  stored(number: number, table: SegmentTable): void {
    this.#stored.add(number);
    this.#record([{ number, table }]);
  }

  /** Records what is left; everything has to be stored by now. */
  finish(): void {
    this.#record([]);
    for (const waiting of this.#waiting.values())
      if (!waiting.empty) throw new Error('a change without a stored segment');
  }

  /** Drops what waits of a unit whose listing failed. */
  discard(unit: UnitKey): void {
    this.#waiting.delete(unit);
    this.#run.discard(unit);
  }

  #of(unit: UnitKey): Waiting {
    let waiting = this.#waiting.get(unit);
    if (!waiting) this.#waiting.set(unit, (waiting = new Waiting()));
    return waiting;
  }

  #record(segments: readonly { number: number; table: SegmentTable }[]): void {
    const changes: { unit: UnitKey; changes: Uint8Array }[] = [];
    for (const [unit, waiting] of this.#waiting)
      for (const bytes of waiting.take(this.#stored)) changes.push({ unit, changes: bytes });
    if (segments.length > 0 || changes.length > 0) this.#run.record(segments, changes);
  }
}

/** The changes of a unit that cannot be recorded yet: bytes one behind the other, and the pieces they wait for. */
class Waiting {
  #bytes = new ByteWriter(64 * 1024);
  #changes: { readonly end: number; readonly pieces: readonly Piece[] | undefined }[] = [];

  get empty(): boolean {
    return this.#changes.length === 0;
  }

  add(change: Change): void {
    writeChange(this.#bytes, change);
    this.#changes.push({ end: this.#bytes.length, pieces: undefined });
  }

  addSealed(change: OpenChange, pieces: readonly Piece[]): void {
    writeOpenChange(this.#bytes, change);
    this.#changes.push({ end: this.#bytes.length, pieces });
  }

  /** Takes the changes, in order, up to the first with a piece in a segment that is not stored. */
  take(stored: ReadonlySet<number>): Uint8Array[] {
    const parts: Uint8Array[] = [];
    const part = new ByteWriter(PART + 16 * 1024);
    const bytes = this.#bytes.view();
    let count = 0;
    let at = 0;
    for (const { end, pieces } of this.#changes) {
      if (pieces?.some((piece) => !stored.has(piece.frame.segment))) break;
      part.raw(bytes.subarray(at, end));
      if (pieces) writeExtents(part, extents(pieces));
      if (part.length >= PART) {
        parts.push(part.finish());
        part.clear();
      }
      at = end;
      count++;
    }
    if (count === 0) return parts;
    if (part.length > 0) parts.push(part.finish());
    this.#changes = this.#changes.slice(count).map(({ end, pieces }) => ({ end: end - at, pieces }));
    this.#bytes = new ByteWriter(64 * 1024).raw(bytes.subarray(at));
    return parts;
  }
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
