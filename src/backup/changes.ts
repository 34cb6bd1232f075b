/**
 * Changes as bytes: what an unfinished run remembers. Packed as soon as they are known, because a hundred thousand of
 * them wait for their segments to be stored.
 */
import { ByteReader, type ByteWriter } from '../lib/binary.ts';
import { type IndexEntry, type PresentEntry, readEntry, writeEntry, writeEntryHead } from '../set/index.ts';
import type { Change } from './catalogue.ts';

/** Bytes of a stamp. */
export const MAX_STAMP = 64;

/** A change whose extents are not known yet. They follow it (`writeExtents`). */
export interface OpenChange {
  readonly stamp: Uint8Array;
  readonly entry: Omit<PresentEntry, 'extents'>;
}

export function writeChange(writer: ByteWriter, { stamp, same, entry }: Change): void {
  writer.u8(same ? 1 : 0).bytes(stamp);
  writeEntry(writer, entry);
}

/** Everything of a change but its extents. */
export function writeOpenChange(writer: ByteWriter, { stamp, entry }: OpenChange): void {
  writer.u8(0).bytes(stamp);
  writeEntryHead(writer, entry);
}

export function* readChanges(bytes: Uint8Array): Generator<Change> {
  const reader = new ByteReader(bytes);
  while (reader.left > 0) {
    const same = reader.u8() === 1;
    const stamp = reader.bytes(MAX_STAMP);
    const entry: IndexEntry = readEntry(reader);
    yield { same, stamp, entry };
  }
}
