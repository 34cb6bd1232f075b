/**
 * The bytes of items out of their frames: a window of small items at a time, frames that lie side by side in one
 * read, the next window fetched while this one is written.
 */
import { concat, release } from '../../lib/bytes.ts';
import { type Extent, FRAME_CAPACITY, type SegmentTable } from '../../set/index.ts';
import type { OpenedSet, SetItem } from '../chain/index.ts';
import { BackupError } from '../errors.ts';

/** Frames read at once at most: about 4 MiB. */
const READ_AHEAD = 64;

/** Items above this are streamed by themselves. */
export const LARGE = 1024 * 1024;

const WINDOW = { bytes: 4 * 1024 * 1024, items: 1000 };

/** Groups items so that each group's bytes fit into memory; a large item stands alone. */
export async function* windows(
  items: AsyncIterable<SetItem>,
  most: { readonly bytes: number; readonly items: number } = WINDOW,
): AsyncGenerator<SetItem[]> {
  let window: SetItem[] = [];
  let bytes = 0;
  for await (const item of items) {
    const large = item.entry.size > LARGE;
    if (window.length > 0 && (large || bytes + item.entry.size > most.bytes || window.length >= most.items)) {
      yield window;
      window = [];
      bytes = 0;
    }
    if (large) {
      yield [item];
      continue;
    }
    window.push(item);
    bytes += item.entry.size;
  }
  if (window.length > 0) yield window;
}

/** Of the segments that items lie in. */
export const tablesOf = (items: readonly SetItem[]): Set<SegmentTable> =>
  new Set(items.flatMap(({ entry, tables }) => entry.extents.map(({ segment }) => tables[segment]!)));

/** Plaintext of frames by segment and number. */
type Frames = Map<SegmentTable, Map<number, Uint8Array>>;

/** Reads the frames of a window of small items and gives each item's bytes, in order; in memory that is the caller's. */
export async function readWindow(set: OpenedSet, window: readonly SetItem[]): Promise<Uint8Array[]> {
  const wanted = new Map<SegmentTable, Set<number>>();
  for (const { entry, tables } of window)
    for (const extent of entry.extents) {
      const table = tables[extent.segment]!;
      const numbers = wanted.get(table) ?? new Set();
      wanted.set(table, numbers);
      for (let n = extent.frame; n <= lastFrame(extent); n++) numbers.add(n);
    }

  await set.checkTables(wanted.keys());
  const frames: Frames = new Map();
  const reads: Promise<void>[] = [];
  for (const [table, numbers] of wanted) {
    const opened = new Map<number, Uint8Array>();
    frames.set(table, opened);
    for (const run of runs([...numbers].sort((a, b) => a - b)))
      reads.push(
        set.frames(table, run.first, run.count).then((plain) => {
          plain.forEach((bytes, i) => {
            opened.set(run.first + i, bytes);
          });
        }),
      );
  }
  await Promise.all(reads);
  return window.map(({ entry, tables }) => {
    const parts: Uint8Array[] = [];
    for (const extent of entry.extents) {
      const opened = frames.get(tables[extent.segment]!)!;
      parts.push(...slices(extent, extent.frame, (n) => opened.get(n)));
    }
    return parts.length === 1 ? parts[0]! : concat(...parts);
  });
}

/** The bytes of one large item, a few frames at a time; each valid until the next one is asked for. */
export async function* readLarge(set: OpenedSet, { entry, tables }: SetItem): AsyncGenerator<Uint8Array> {
  for (const extent of entry.extents) {
    const table = tables[extent.segment]!;
    let left = extent.length;
    let offset = extent.offset;
    for (let frame = extent.frame; left > 0; ) {
      const count = Math.min(
        READ_AHEAD,
        Math.ceil((offset + left) / FRAME_CAPACITY),
        table.frames.length - frame,
      );
      if (count < 1) throw pointsNowhere();
      const opened = await set.frames(table, frame, count);
      for (const bytes of opened) {
        const part = bytes.subarray(offset, offset + left);
        left -= part.length;
        offset = 0;
        yield part;
      }
      for (const bytes of opened) release(bytes);
      frame += count;
    }
  }
}

/** Extents run over frames filled to capacity; the last frame of a run may hold less. */
const lastFrame = (extent: Extent): number =>
  extent.frame + Math.max(0, Math.ceil((extent.offset + extent.length) / FRAME_CAPACITY) - 1);

function* slices(
  extent: Extent,
  first: number,
  frame: (number: number) => Uint8Array | undefined,
): Generator<Uint8Array> {
  let left = extent.length;
  let offset = extent.offset;
  for (let n = first; left > 0; n++) {
    const part = frame(n)?.subarray(offset, offset + left);
    if (!part || part.length === 0) throw pointsNowhere();
    left -= part.length;
    offset = 0;
    yield part;
  }
}

const pointsNowhere = (): BackupError =>
  new BackupError('ERR_SEGMENT', 'an item lies beyond the frames that the index names');

function* runs(numbers: readonly number[]): Generator<{ first: number; count: number }> {
  for (let i = 0; i < numbers.length; ) {
    let count = 1;
    while (i + count < numbers.length && numbers[i + count] === numbers[i]! + count && count < READ_AHEAD)
      count++;
    yield { first: numbers[i]!, count };
    i += count;
  }
}
