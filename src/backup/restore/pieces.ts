/**
 * The bytes of items out of their frames: a window of small items at a time, frames that lie side by side in one
 * read, the next window fetched while this one is written.
 */
import { concat, release } from '../../lib/bytes.ts';
import { type Extent, FRAME_CAPACITY, type SegmentTable } from '../../set/index.ts';
import type { OpenedSet, SetItem } from '../chain/index.ts';
import { BackupError } from '../errors.ts';

/** Frames read at once at most: about 4 MiB; of a large item half as many, since the next ones are under way. */
const READ_AHEAD = 64;
const AT_ONCE = READ_AHEAD / 2;

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

/** Segments of which the last frame that a window needed is kept for the next one: items come in order of their keys. */
const MOST_KEPT = 64;

/** The bytes of the items of a window, in order; theirs until they are released. */
export interface ReadWindow {
  readonly contents: readonly Uint8Array[];
  /** Nobody needs them any more. */
  release(): void;
}

/**
 * Reads windows of small items, one after the other. What many sets have added lies in many small segments, and a frame
 * of one has items of many windows: it is fetched and opened once.
 */
export class WindowReader {
  readonly #set: OpenedSet;
  /** The last frame of each segment that the window before needed. */
  #kept: Frames = new Map();
  #before: Promise<unknown> = Promise.resolve();

  constructor(set: OpenedSet) {
    this.#set = set;
  }

  /** May be asked for the next one before this one is there. */
  read(window: readonly SetItem[]): Promise<ReadWindow> {
    const read = this.#before.then(() => this.#read(window));
    this.#before = read.catch(() => {}); // whoever asked for it is told
    return read;
  }

  async #read(window: readonly SetItem[]): Promise<ReadWindow> {
    const wanted = framesOf(window);
    await this.#set.checkTables(wanted.keys());
    const frames = await this.#fetch(wanted);
    const contents = window.map((item) => bytesOf(item, frames));
    this.#kept = new Map([...frames].slice(-MOST_KEPT).map(([table, opened]) => [table, lastOf(opened)]));
    const kept = new Set(
      this.#kept.values().flatMap((opened) => opened.values().map(({ buffer }) => buffer)),
    );
    return {
      contents,
      release() {
        for (const bytes of contents) if (!kept.has(bytes.buffer)) release(bytes);
      },
    };
  }

  async #fetch(wanted: ReadonlyMap<SegmentTable, ReadonlySet<number>>): Promise<Frames> {
    const frames: Frames = new Map();
    const reads: Promise<void>[] = [];
    for (const [table, numbers] of wanted) {
      const opened = new Map(
        this.#kept
          .get(table)
          ?.entries()
          .filter(([number]) => numbers.has(number)),
      );
      frames.set(table, opened);
      const missing = [...numbers].filter((number) => !opened.has(number)).sort((a, b) => a - b);
      for (const { first, count } of runs(missing))
        reads.push(
          this.#set.frames(table, first, count).then((plain) => {
            for (const [i, bytes] of plain.entries()) opened.set(first + i, bytes);
          }),
        );
    }
    await Promise.all(reads);
    return frames;
  }
}

/** The frames that items lie in. */
function framesOf(window: readonly SetItem[]): Map<SegmentTable, Set<number>> {
  const wanted = new Map<SegmentTable, Set<number>>();
  for (const { entry, tables } of window)
    for (const extent of entry.extents) {
      const table = tables[extent.segment]!;
      const numbers = wanted.get(table) ?? new Set();
      wanted.set(table, numbers);
      for (let n = extent.frame; n <= lastFrame(extent); n++) numbers.add(n);
    }
  return wanted;
}

function bytesOf({ entry, tables }: SetItem, frames: Frames): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const extent of entry.extents) {
    const opened = frames.get(tables[extent.segment]!)!;
    parts.push(...slices(extent, extent.frame, (n) => opened.get(n)));
  }
  return parts.length === 1 ? parts[0]! : concat(...parts);
}

const lastOf = (opened: ReadonlyMap<number, Uint8Array>): Map<number, Uint8Array> => {
  const last = Math.max(...opened.keys());
  return new Map([[last, opened.get(last)!]]);
};

/**
 * The bytes of one large item, a few frames at a time; each valid until the next one is asked for. The first are fetched
 * at once, and always the next ones while these are used.
 */
export function readLarge(set: OpenedSet, item: SetItem): AsyncGenerator<Uint8Array> {
  const batches = batchesOf(item);
  return chunksOf(() => {
    const { value: batch } = batches.next();
    if (!batch) return undefined;
    const opened = set.frames(batch.table, batch.frame, batch.count);
    opened.catch(() => {}); // awaited when it is its turn
    return { batch, opened };
  });
}

/** Frames of one segment that lie side by side, and the bytes of the item in them. */
interface Batch extends Omit<Extent, 'segment'> {
  readonly table: SegmentTable;
  readonly count: number;
}

function* batchesOf({ entry, tables }: SetItem): Generator<Batch, undefined> {
  for (const extent of entry.extents) {
    const table = tables[extent.segment]!;
    let { frame, offset, length: left } = extent;
    while (left > 0) {
      const frames = Math.ceil((offset + left) / FRAME_CAPACITY);
      const count = Math.min(AT_ONCE, frames, table.frames.length - frame);
      if (count < 1) throw pointsNowhere();
      const length = Math.min(left, count * FRAME_CAPACITY - offset);
      yield { table, frame, count, offset, length };
      left -= length;
      frame += count;
      offset = 0;
    }
  }
  return undefined;
}

interface Fetched {
  readonly batch: Batch;
  readonly opened: Promise<Uint8Array[]>;
}

function chunksOf(next: () => Fetched | undefined): AsyncGenerator<Uint8Array> {
  const first = next();
  return (async function* () {
    for (let fetched = first; fetched; ) {
      const { batch, opened } = fetched;
      const frames = await opened;
      fetched = next();
      let { offset, length: left } = batch;
      for (const bytes of frames) {
        const part = bytes.subarray(offset, offset + left);
        left -= part.length;
        offset = 0;
        yield part;
      }
      if (left > 0) throw pointsNowhere();
      for (const bytes of frames) release(bytes);
    }
  })();
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
