/**
 * What 500 sets have added lies in as many small segments, each of which is a request for whoever restores, and a
 * manifest to be checked. So a run seals anew what lies in many segments of about one size, in one, as log-structured
 * stores merge their runs: however many sets there are, a few segments of each size are left. What is in the way is
 * read from its source again, as far as that still has the same bytes; nothing is fetched.
 */
import type { Extent } from '../../set/index.ts';
import type { KnownItem, LiveSegment } from '../catalogue.ts';
import type { Piece } from './segment-stream.ts';

/** So many segments of about one size are left alone. */
const MOST_ALIKE = 8;

/** Segments of one size are at most so many times as large as the smallest of them. */
const RATIO = 8;

/** Bytes of items in the smallest segments, and in those that are large enough to stay as they are. */
const SMALLEST = 16 * 1024;
const LARGE = 1024 * 1024;

/** Bytes that one run moves at most. */
const MOST_MOVED = 32 * 1024 * 1024;

/** Items above this are not read for it. */
const MOVABLE = 1024 * 1024;

/** Bytes of items that are looked for among those that were moved: a copy of a smaller one costs less. */
const WORTH_SHARING = 4096;

/** Of one database and class, in one run. */
export class Compaction {
  /** Numbers of the segments that nothing shall lie in any more. */
  readonly segments: ReadonlySet<number>;
  /** By fingerprint: copies stay one. */
  readonly #moved = new Map<string, readonly Piece[]>();

  constructor(live: readonly LiveSegment[]) {
    this.segments = segmentsToCompact(live);
  }

  /**
   * The segments that are not to be tried again: what still lies in them could not be moved. Where moving has brought
   * little, since items are so small that a segment has all that it may hold, neither are those that were `stored`.
   */
  tried(stored: readonly number[]): number[] {
    const { size } = this.segments;
    return [...this.segments, ...(size > 0 && stored.length > size / 2 ? stored : [])];
  }

  /** Whether what lies there is to be sealed anew. */
  leaves(extents: readonly Extent[]): boolean {
    return this.segments.size > 0 && extents.some(({ segment }) => this.segments.has(segment));
  }

  /** Whether an unchanged item is worth reading for that. */
  moves(known: KnownItem): boolean {
    if (this.segments.size === 0) return false;
    const { size, extents } = known.present();
    return size <= MOVABLE && this.leaves(extents);
  }

  moved(fingerprint: Uint8Array, size: number, pieces: readonly Piece[]): void {
    if (size >= WORTH_SHARING) this.#moved.set(fingerprint.toHex(), pieces);
  }

  /** Where the same bytes were moved to. */
  movedTo(fingerprint: Uint8Array): readonly Piece[] | undefined {
    return this.#moved.size > 0 ? this.#moved.get(fingerprint.toHex()) : undefined;
  }
}

/**
 * The segments whose items a run is to seal anew: none, or those of a size of which there are too many, and all smaller.
 *
 * @param segments with the bytes of items of the newest set that lie in them
 * @returns their numbers
 */
export function segmentsToCompact(segments: readonly LiveSegment[]): ReadonlySet<number> {
  const small = segments.filter(({ bytes }) => bytes < LARGE);
  const bySize = Map.groupBy(small, sizeOf);
  const crowded = [...bySize].filter(([, alike]) => alike.length >= MOST_ALIKE).map(([size]) => size);
  const largest = Math.max(-1, ...crowded);
  const chosen = new Set<number>();
  let moved = 0;
  for (const segment of small.filter((one) => sizeOf(one) <= largest).sort((a, b) => a.bytes - b.bytes)) {
    moved += segment.bytes;
    if (moved > MOST_MOVED) break;
    chosen.add(segment.number);
  }
  return chosen;
}

/** 0 for the smallest, and one more for each {@link RATIO} times as many bytes. */
const sizeOf = ({ bytes }: LiveSegment): number =>
  bytes < SMALLEST ? 0 : 1 + Math.floor(Math.log(bytes / SMALLEST) / Math.log(RATIO));
