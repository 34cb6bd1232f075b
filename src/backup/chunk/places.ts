/**
 * Places: how many pieces of storage an item lies in. An index entry has room for so many, and each change in the
 * middle of an item makes two more: bytes that are known are pointed to only while a place for them can be spared.
 */
import { MAX_EXTENTS } from '../../set/index.ts';

/** Places of an item, whatever its size; what is left of an entry's room is for items that have grown since. */
const LEAST_MOST = 3000;
const MOST = MAX_EXTENTS - 200;

/** A place brings so many bytes on average at least, in a larger item: each is a request for whoever restores it. */
const AVERAGE = 512 * 1024;

const mostPlaces = (size: number): number => Math.min(Math.max(LEAST_MOST, size / AVERAGE), MOST);

/** Of the places, those that the beginning of an item may have at once; the others come as it is read. */
const AT_ONCE = 1 / 8;

/** Bytes that a place has to bring when two thirds are taken; when four fifths are, three times as many. */
const WORTH = 64 * 1024;

/** Known bytes that continue, or do not, what an item lies in so far. */
export interface Wanted {
  /** Length of the item as listed, and how much of it was read so far. */
  readonly size: number;
  readonly at: number;
  /** Places so far, and how many more it would be. */
  readonly used: number;
  readonly more: number;
  /** Bytes that lie one behind the other from there on, and may be pointed to without another place. */
  readonly run: number;
}

/**
 * Whether known bytes are pointed to; if not, they are sealed again, which takes a place for each segment at most.
 *
 * - Places come in proportion to what was read, so an item with too many of them is not sealed again from one point on
 *   but thinned out everywhere, and what is left behind any point is enough to seal all that follows, as long as a
 *   segment holds `size / (7/8 · most)` bytes (8 MiB: of 240 GB and less).
 * - Half of them are for anyone. The fewer are left, the longer must be what a place brings: what goes first are short
 *   pieces between two changes, each of which saves two places. So a region in which much was changed becomes one
 *   piece again, bit by bit, for the least that can be uploaded.
 */
export function isWorthPlaces({ size, at, used, more, run }: Wanted, most = mostPlaces(size)): boolean {
  if (more === 0) return true;
  const read = at < size ? at / size : 1;
  const left = most * (AT_ONCE + (1 - AT_ONCE) * read) - used - more;
  return left > 0 && run >= more * WORTH * (used / left - 1);
}
