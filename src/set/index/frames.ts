/**
 * An index as the plaintext of frames of the stream `index`: the head runs over the first frames behind its
 * length; then come frames of whole entries. So a reader needs one frame at a time in memory besides the head.
 */
import { ByteReader, ByteWriter, MalformedError } from '../../lib/binary.ts';
import { compareBytes, concat } from '../../lib/bytes.ts';
import { FRAME_CAPACITY } from '../frame/index.ts';
import { type IndexEntry, readEntryKey, readRest, skipEntry, writeEntry } from './entry.ts';
import { type IndexHeader, MAX_HEADER, readHeader, writeHeader } from './header.ts';

/** Yields the plaintext of each frame; valid until the next one is asked for. */
export function* encodeIndex(header: IndexHeader, entries: Iterable<IndexEntry>): Generator<Uint8Array> {
  const head = new ByteWriter(64 * 1024);
  writeHeader(head, header);
  // Nobody could read it.
  if (head.length > MAX_HEADER) throw new RangeError('an index head longer than its limit');
  const framed = concat(new ByteWriter().u32(head.length).finish(), head.view());
  for (let at = 0; at < framed.length; at += FRAME_CAPACITY) yield framed.subarray(at, at + FRAME_CAPACITY);

  const frame = new ByteWriter(FRAME_CAPACITY);
  const one = new ByteWriter(1024);
  for (const entry of entries) {
    one.clear();
    writeEntry(one, entry);
    if (one.length > FRAME_CAPACITY) throw new RangeError('an index entry longer than a frame');
    if (frame.length + one.length > FRAME_CAPACITY) {
      yield frame.view();
      frame.clear();
    }
    frame.raw(one.view());
  }
  if (frame.length > 0) yield frame.view();
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
  const length = new ByteReader(first).u32();
  if (length > MAX_HEADER) throw new MalformedError('an index head of this length');
  const parts = [first.subarray(4)];
  let have = first.length - 4;
  while (have < length) {
    const part = await next(iterator);
    if (!part) throw new MalformedError('an index head cut short');
    parts.push(part);
    have += part.length;
  }
  if (have !== length) throw new MalformedError('an index head of another length');
  const header = readHeader(new ByteReader(concat(...parts)));
  return { header, entries: decodeEntries(header, iterator, wants) };
}

async function* decodeEntries(
  header: IndexHeader,
  frames: AsyncIterator<Uint8Array>,
  wants: WantsKey | undefined,
): AsyncGenerator<IndexEntry> {
  let count = 0;
  let before: Uint8Array | undefined;
  for (let frame = await next(frames); frame; frame = await next(frames)) {
    const reader = new ByteReader(frame);
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

async function next(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const result = await iterator.next();
  return result.done ? undefined : result.value;
}
