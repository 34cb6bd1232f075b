/**
 * An index as the plaintext of frames of the stream `index`: the head runs over the first frames behind its
 * length; then come frames of whole entries, and those of one entry that is longer than a frame. So a reader needs the
 * head, and one frame or one entry at a time in memory.
 */
import { ByteReader, ByteWriter, MalformedError } from '../../lib/binary.ts';
import { compareBytes, concat } from '../../lib/bytes.ts';
import { FRAME_CAPACITY } from '../frame/index.ts';
import { type IndexEntry, MAX_ENTRY, readEntryKey, readRest, skipEntry, writeEntry } from './entry.ts';
import { type IndexHeader, MAX_HEADER, readHeader, writeHeader } from './header.ts';

/** Yields the plaintext of each frame; valid until the next one is asked for. */
export function* encodeIndex(header: IndexHeader, entries: Iterable<IndexEntry>): Generator<Uint8Array> {
  const head = new ByteWriter(64 * 1024);
  writeHeader(head, header);
  // Nobody could read it.
  if (head.length > MAX_HEADER) throw new RangeError('an index head longer than its limit');
  const framed = concat(new ByteWriter().u32(head.length).finish(), head.view());
  yield* cut(framed);

  const frame = new ByteWriter(FRAME_CAPACITY);
  const one = new ByteWriter(1024);
  for (const entry of entries) {
    one.clear();
    writeEntry(one, entry);
    if (one.length > MAX_ENTRY) throw new RangeError('an index entry longer than its limit');
    if (frame.length > 0 && frame.length + one.length > FRAME_CAPACITY) {
      yield frame.view();
      frame.clear();
    }
    if (one.length > FRAME_CAPACITY)
      yield* cut(new ByteWriter(one.length + 5).u8(LONG).u32(one.length).raw(one.view()).view());
    else frame.raw(one.view());
  }
  if (frame.length > 0) yield frame.view();
}

/** Where an entry would say what it is: one follows that runs over this frame and others, behind its length. */
const LONG = 2;

/** Full frames, and what is left. */
function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += FRAME_CAPACITY) yield bytes.subarray(at, at + FRAME_CAPACITY);
}

/** A decoded index: the head, then its entries as the frames arrive. */
export interface DecodedIndex {
  readonly header: IndexHeader;
  readonly entries: AsyncGenerator<IndexEntry>;
}

/** Whether the entry of a key is wanted. */
export type WantsKey = (key: Uint8Array) => boolean;

/**
 * The inverse. Entries are checked to be in order, as many as the head says, and to point into its tables.
 *
 * @param wants the others are counted, kept in order and passed over
 * @throws MalformedError
 */
export async function decodeIndex(
  frames: AsyncIterable<Uint8Array>,
  wants?: WantsKey,
): Promise<DecodedIndex> {
  const iterator = frames[Symbol.asyncIterator]();
  const first = await next(iterator);
  if (!first) throw new MalformedError('an index without frames');
  const head = await together(new ByteReader(first), iterator, MAX_HEADER, 'an index head');
  const header = readHeader(new ByteReader(head));
  return { header, entries: decodeEntries(header, iterator, wants) };
}

/** What runs over frames, behind its length in the first of them. */
async function together(
  first: ByteReader,
  frames: AsyncIterator<Uint8Array>,
  limit: number,
  what: string,
): Promise<Uint8Array> {
  const length = first.u32();
  if (length > limit) throw new MalformedError(`${what} of this length`);
  const parts = [first.raw(first.left)];
  let have = parts[0]!.length;
  while (have < length) {
    const part = await next(frames);
    if (!part) throw new MalformedError(`${what} cut short`);
    parts.push(part);
    have += part.length;
  }
  if (have !== length) throw new MalformedError(`${what} of another length`);
  return concat(...parts);
}

async function* decodeEntries(
  header: IndexHeader,
  frames: AsyncIterator<Uint8Array>,
  wants: WantsKey | undefined,
): AsyncGenerator<IndexEntry> {
  let count = 0;
  let before: Uint8Array | undefined;
  for (let frame = await next(frames); frame; frame = await next(frames)) {
    const reader = await entriesFrom(frame, frames);
    while (reader.left > 0) {
      const head = readEntryKey(reader);
      if (before && compareBytes(before, head.key) >= 0)
        throw new MalformedError('index entries out of order');
      before = head.key;
      count++;
      if (wants && !wants(head.key)) {
        skipEntry(reader, head.op);
        continue;
      }
      const entry = readRest(reader, head);
      if (entry.op === 'present')
        for (const extent of entry.extents)
          if (extent.frame >= (header.tables[extent.segment]?.frames.length ?? 0))
            throw new MalformedError('an extent that points nowhere');
      yield entry;
    }
  }
  if (count !== header.entries) throw new MalformedError('an index with another number of entries');
}

/** The whole entries that begin with a frame. */
async function entriesFrom(frame: Uint8Array, frames: AsyncIterator<Uint8Array>): Promise<ByteReader> {
  const reader = new ByteReader(frame);
  if (frame[0] !== LONG) return reader;
  reader.u8();
  const long = await together(reader, frames, MAX_ENTRY, 'an index entry');
  if (long.length <= FRAME_CAPACITY) throw new MalformedError('a short index entry as a long one');
  return new ByteReader(long);
}

async function next(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const result = await iterator.next();
  return result.done ? undefined : result.value;
}
