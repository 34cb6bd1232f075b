/**
 * Changes on their way into the catalogue: one is recorded when every segment that it lies in is stored, in the same
 * transaction as the last of them, so that a run that breaks off goes on from there.
 */
import { ByteWriter } from '../../lib/binary.ts';
import {
  type Extent,
  follows,
  type IndexEntry,
  type PresentEntry,
  writeEntry,
  writeEntryHead,
  writeExtents,
} from '../../set/index.ts';
import type { CatalogueRun, UnitKey, UnitSegment } from '../catalogue.ts';
import { LiveBytes } from './live-bytes.ts';
import type { Piece } from './segment-stream.ts';

/** Changes waiting without a segment to carry them are recorded by themselves from here on. */
const ENOUGH = 8000;

/** Changes are recorded in parts of about this many bytes: one is read back at a time. */
const PART = 64 * 1024;
const BLOCK = PART + 16 * 1024;

/** An entry whose extents are not known yet. */
export type OpenEntry = Omit<PresentEntry, 'extents'>;

export interface Written {
  /** Entries. */
  readonly count: number;
  /** Numbers of the segments that they lie in. */
  readonly segments: ReadonlySet<number>;
}

export class Recorder {
  readonly #run: CatalogueRun;
  readonly #recorded: ((unit: UnitKey, changes: Uint8Array) => void) | undefined;
  readonly #stored = new Set<number>();
  readonly #waiting = new Map<UnitKey, Waiting>();
  #count = 0;

  /** @param recorded told of all changes that were recorded, in order, as `readChanges` reads them */
  constructor(run: CatalogueRun, recorded?: (unit: UnitKey, changes: Uint8Array) => void) {
    this.#run = run;
    this.#recorded = recorded;
  }

  /** A change that needs nothing to be stored. In ascending order of key within a unit. */
  add(unit: UnitKey, same: boolean, stamp: Uint8Array, entry: IndexEntry, chunks?: Uint8Array): void {
    this.#of(unit).add(same, stamp, entry, chunks);
    if (++this.#count >= ENOUGH) {
      this.#count = 0;
      this.#record([]);
    }
  }

  /** A change that waits for its bytes to be stored. */
  addSealed(
    unit: UnitKey,
    stamp: Uint8Array,
    entry: OpenEntry,
    pieces: readonly Piece[],
    chunks: Uint8Array,
  ): void {
    this.#of(unit).addSealed(stamp, entry, pieces, chunks);
  }

  /** The version before of an item that was changed or deleted lay there. */
  replaced(unit: UnitKey, extents: readonly Extent[]): void {
    this.#of(unit).live.removeAll(extents);
  }

  /** How the changes of units move bytes between segments. */
  live(units: readonly UnitKey[]): (readonly [segment: number, bytes: number])[] {
    return units.flatMap((unit) => this.#waiting.get(unit)?.live.changes() ?? []);
  }

  /** What the changes so far, without those that changed nothing, mean for an index of them. */
  written(unit: UnitKey): Written {
    return this.#of(unit);
  }

  /** Numbers of the segments that were stored for a unit. */
  storedOf(unit: UnitKey): readonly number[] {
    return this.#of(unit).stored;
  }

  /** Nothing waits to be recorded. */
  get empty(): boolean {
    return this.#waiting.values().every((waiting) => waiting.empty);
  }

  stored(segment: UnitSegment): void {
    this.#stored.add(segment.number);
    this.#of(segment.unit).stored.push(segment.number);
    this.#record([segment]);
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

  #record(segments: readonly UnitSegment[]): void {
    const changes: { unit: UnitKey; changes: Uint8Array }[] = [];
    for (const [unit, waiting] of this.#waiting)
      for (const bytes of waiting.take(this.#stored)) changes.push({ unit, changes: bytes });
    if (segments.length > 0 || changes.length > 0) this.#run.record(segments, changes);
    for (const { unit, changes: bytes } of changes) this.#recorded?.(unit, bytes);
  }
}

/** The changes of a unit that cannot be recorded yet: packed one behind the other, with the pieces they wait for. */
class Waiting implements Written {
  count = 0;
  readonly segments = new Set<number>();
  readonly stored: number[] = [];
  readonly live = new LiveBytes();
  #block = new ByteWriter(BLOCK);
  #changes: Change[] = [];

  get empty(): boolean {
    return this.#changes.length === 0;
  }

  add(same: boolean, stamp: Uint8Array, entry: IndexEntry, chunks: Uint8Array = NO_CHUNKS): void {
    const block = this.#room();
    const start = block.length;
    writeEntry(block.bytes(stamp), entry);
    this.#changes.push({ same, block, start, end: block.length, pieces: undefined, chunks });
    if (same) return;
    this.count++;
    if (entry.op !== 'present') return;
    for (const { segment } of entry.extents) this.segments.add(segment);
    this.live.addAll(entry.extents);
  }

  addSealed(stamp: Uint8Array, entry: OpenEntry, pieces: readonly Piece[], chunks: Uint8Array): void {
    const block = this.#room();
    const start = block.length;
    writeEntryHead(block.bytes(stamp), entry);
    // A copy has no spare room: tens of thousands of these wait.
    this.#changes.push({ same: false, block, start, end: block.length, pieces: pieces.slice(), chunks });
    this.count++;
  }

  /** Takes the changes, in order, up to the first with a piece in a segment that is not stored; see `readChanges`. */
  take(stored: ReadonlySet<number>): Uint8Array[] {
    const parts: Uint8Array[] = [];
    const part = new ByteWriter(BLOCK);
    const place = new ByteWriter(64);
    let taken = 0;
    for (const { same, block, start, end, pieces, chunks } of this.#changes) {
      if (pieces?.some((piece) => !piece.stored && !stored.has(piece.frame.segment))) break;
      place.clear();
      if (pieces) writeExtents(place, extents(pieces));
      place.raw(chunks);
      for (const { frame, length } of pieces ?? []) {
        this.segments.add(frame.segment);
        this.live.add(frame.segment, length);
      }
      part
        .u8(same ? 1 : 0)
        .uint(end - start + place.length)
        .raw(block.view().subarray(start, end))
        .raw(place.view());
      if (part.length >= PART) {
        parts.push(part.finish());
        part.clear();
      }
      taken++;
    }
    if (part.length > 0) parts.push(part.finish());
    this.#changes.splice(0, taken);
    return parts;
  }

  #room(): ByteWriter {
    if (this.#block.length >= PART) this.#block = new ByteWriter(BLOCK);
    return this.#block;
  }
}

interface Change {
  readonly same: boolean;
  /** Where stamp and entry lie; those of a sealed change end where the extents go. */
  readonly block: ByteWriter;
  readonly start: number;
  readonly end: number;
  readonly pieces: readonly Piece[] | undefined;
  readonly chunks: Uint8Array;
}

const NO_CHUNKS = new Uint8Array(0);

/** Pieces that follow each other, also from one full frame into the next, become one extent. */
function extents(pieces: readonly Piece[]): Extent[] {
  const result: { segment: number; frame: number; offset: number; length: number }[] = [];
  for (const { frame, offset, length } of pieces) {
    const last = result.at(-1);
    if (last && follows(last, { ...frame, offset })) last.length += length;
    else result.push({ segment: frame.segment, frame: frame.frame, offset, length });
  }
  return result;
}
