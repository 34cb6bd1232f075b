/**
 * Packed items and changes: how the catalogue keeps them, and how changes wait until they can be recorded. Most are
 * only compared by key and stamp, or copied, so that an entry is decoded when it is asked for.
 *
 * ```text
 * item    length:uint | stamp:bytes | entry | chunks          entry as in an index, chunks to the end
 * change  same:u8 | item
 * ```
 */
import { ByteReader, ByteWriter, MalformedError } from '../lib/binary.ts';
import {
  type IndexEntry,
  MAX_ENTRY,
  type PresentEntry,
  readEntry,
  readEntryContent,
  readEntryKey,
  writeEntry,
} from '../set/index.ts';
import type { Change, KnownItem } from './catalogue.ts';

const MAX_STAMP = 64;
/** An entry, and marks of chunks, which are some 650 KiB at most. */
const MAX_ITEM = MAX_ENTRY + 1024 * 1024;

export class PackedItem implements KnownItem {
  readonly stamp: Uint8Array;
  readonly op: IndexEntry['op'];
  readonly key: Uint8Array;
  /** Stamp and entry. */
  readonly bytes: Uint8Array;
  readonly #entryAt: number;

  constructor(bytes: Uint8Array) {
    const reader = new ByteReader(bytes);
    this.bytes = bytes;
    this.stamp = reader.bytes(MAX_STAMP);
    this.#entryAt = reader.at;
    const { op, key } = readEntryKey(reader);
    this.op = op;
    this.key = key;
  }

  entry(): IndexEntry {
    return readEntry(new ByteReader(this.bytes.subarray(this.#entryAt)));
  }

  content(): Pick<PresentEntry, 'size' | 'fingerprint'> {
    const reader = new ByteReader(this.bytes.subarray(this.#entryAt));
    readEntryKey(reader);
    return readEntryContent(reader);
  }

  /** Marks of the chunks that a large item was cut into; empty for others. */
  chunks(): Uint8Array {
    const reader = new ByteReader(this.bytes.subarray(this.#entryAt));
    readEntry(reader);
    return reader.raw(reader.left);
  }

  present(): PresentEntry {
    const entry = this.entry();
    if (entry.op !== 'present') throw new MalformedError('a deleted item among those that are there');
    return entry;
  }
}

export function packItem(stamp: Uint8Array, entry: IndexEntry): PackedItem {
  const writer = new ByteWriter(256).bytes(stamp);
  writeEntry(writer, entry);
  return new PackedItem(writer.view());
}

export const writeItem = (writer: ByteWriter, item: KnownItem): ByteWriter => writer.bytes(item.bytes);

export function* readItems(bytes: Uint8Array): Generator<PackedItem> {
  const reader = new ByteReader(bytes);
  while (reader.left > 0) yield new PackedItem(reader.bytes(MAX_ITEM));
}

/** The one that begins there. */
export const readItem = (bytes: Uint8Array, at: number): PackedItem =>
  new PackedItem(new ByteReader(bytes.subarray(at)).bytes(MAX_ITEM));

export function* readChanges(bytes: Uint8Array): Generator<Change> {
  const reader = new ByteReader(bytes);
  while (reader.left > 0) {
    const same = reader.u8() === 1;
    yield { same, item: new PackedItem(reader.bytes(MAX_ITEM)) };
  }
}
