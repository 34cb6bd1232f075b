/**
 * Index entries: one data item each, sorted by key. docs/format.md, "Index".
 *
 * ```text
 * entry  op:u8 | key:bytes | ( op present: title:text | type:text | time:uint | attributes | size:uint
 *                              | fingerprint:32 | count:uint | extents )
 * key    label (UTF-8) | 00 | uid
 * attributes  flags:u8 | mode:uint? | link:bytes? | position:uint? | name:bytes?
 *             bits 0 mode, 1 link, 2 directory, 3 position, 4 name
 * extent      table:uint | frame:uint | offset:uint | length:uint
 * ```
 */
import { type Attributes, type ItemHead, MAX_UID } from '../../database/index.ts';
import { type ByteReader, type ByteWriter, MalformedError } from '../../lib/binary.ts';
import { concat, fromUtf8Strict } from '../../lib/bytes.ts';
import { FRAME_CAPACITY } from '../frame/index.ts';

/**
 * Bytes of an item: `length` bytes from `offset` in the plaintext of frame `frame` of segment number `segment`,
 * running on into the frames after it in the same segment.
 */
export interface Extent {
  readonly segment: number;
  readonly frame: number;
  readonly offset: number;
  readonly length: number;
}

/** An item that the set holds. */
export interface PresentEntry extends ItemHead {
  readonly op: 'present';
  readonly key: Uint8Array;
  readonly size: number;
  /** SHA-256 of the item's bytes. */
  readonly fingerprint: Uint8Array;
  readonly extents: readonly Extent[];
}

/** An item that was there before and is not any more: written only after a complete listing (U6). */
export interface DeletedEntry {
  readonly op: 'deleted';
  readonly key: Uint8Array;
}

export type IndexEntry = PresentEntry | DeletedEntry;

const MAX_LABEL = 255;
const MAX_TEXT = 1024;
const MAX_LINK = 4096;
const MAX_NAME = 4096;
const FINGERPRINT = 32;

/** Extents of one entry at most. */
export const MAX_EXTENTS = 1 << 15;

/** Bytes of one entry at most: extents of 14 bytes each, behind the longest key, attributes and texts. */
export const MAX_ENTRY = 512 * 1024;

/** Whether the second goes on where the first ends: all frames that an extent runs over are full. */
export const follows = (first: Extent, second: Omit<Extent, 'length'>): boolean =>
  first.segment === second.segment &&
  (second.frame - first.frame) * FRAME_CAPACITY + second.offset === first.offset + first.length;

/** What sorts entries: the source's label, a zero byte, the uid. */
export const entryKey = (label: Uint8Array, uid: Uint8Array): Uint8Array => concat(label, ZERO, uid);
const ZERO = new Uint8Array(1);

/** @throws MalformedError when there is no label in it */
export function splitKey(key: Uint8Array): { label: string; uid: Uint8Array } {
  const zero = endOfLabel(key);
  return { label: fromUtf8Strict(key.subarray(0, zero)), uid: key.subarray(zero + 1) };
}

/** The uid in a key, as a view. */
export const uidOf = (key: Uint8Array): Uint8Array => key.subarray(endOfLabel(key) + 1);

function endOfLabel(key: Uint8Array): number {
  const zero = key.indexOf(0);
  if (zero < 0 || zero > MAX_LABEL || key.length - zero - 1 > MAX_UID)
    throw new MalformedError('an item key');
  return zero;
}

export function writeEntry(writer: ByteWriter, entry: IndexEntry): void {
  if (entry.op === 'deleted') {
    writer.u8(0).bytes(entry.key);
    return;
  }
  writeEntryHead(writer, entry);
  writeExtents(writer, entry.extents);
}

/** A present entry up to its extents, which may not be known yet. */
export function writeEntryHead(writer: ByteWriter, entry: Omit<PresentEntry, 'extents'>): void {
  writer.u8(1).bytes(entry.key);
  writeText(writer, entry.title);
  writeText(writer, entry.type);
  writer.uint(Math.max(0, Math.trunc(entry.time)));
  writeAttributes(writer, entry.attributes);
  writer.uint(entry.size).raw(entry.fingerprint);
}

export function writeExtents(writer: ByteWriter, extents: readonly Extent[]): void {
  writer.uint(extents.length);
  for (const extent of extents)
    writer.uint(extent.segment).uint(extent.frame).uint(extent.offset).uint(extent.length);
}

/** The beginning of an entry: what it is about. */
export function readEntryKey(reader: ByteReader): Pick<IndexEntry, 'op' | 'key'> {
  const op = reader.u8();
  if (op > 1) throw new MalformedError('an index entry of unknown kind');
  return { op: op === 0 ? 'deleted' : 'present', key: reader.bytes(MAX_LABEL + 1 + MAX_UID) };
}

/** Of a present entry whose key was read: size and fingerprint; the rest is passed over. */
export function readEntryContent(reader: ByteReader): Pick<PresentEntry, 'size' | 'fingerprint'> {
  reader.bytes(MAX_TEXT);
  reader.bytes(MAX_TEXT);
  reader.uint();
  readAttributes(reader);
  return { size: reader.uint(), fingerprint: reader.raw(FINGERPRINT) };
}

/** Passes over the rest of an entry whose key was read. */
export function skipEntry(reader: ByteReader, op: IndexEntry['op']): void {
  if (op === 'deleted') return;
  for (let texts = 0; texts < 2; texts++) reader.skip(reader.uint(MAX_TEXT));
  reader.uint();
  readAttributes(reader);
  reader.uint();
  reader.skip(FINGERPRINT);
  for (let numbers = 4 * reader.uint(MAX_EXTENTS); numbers > 0; numbers--) reader.uint();
}

export const readEntry = (reader: ByteReader): IndexEntry => readRest(reader, readEntryKey(reader));

/** The rest of an entry whose key was read. */
export function readRest(reader: ByteReader, { op, key }: Pick<IndexEntry, 'op' | 'key'>): IndexEntry {
  if (op === 'deleted') return { op, key };
  const uid = uidOf(key);
  const title = reader.text(MAX_TEXT);
  const type = reader.text(MAX_TEXT);
  const time = reader.uint();
  const attributes = readAttributes(reader);
  const size = reader.uint();
  const fingerprint = reader.raw(FINGERPRINT);
  const extents: Extent[] = [];
  let length = 0;
  for (let count = reader.uint(MAX_EXTENTS); count > 0; count--) {
    const extent = {
      segment: reader.uint(),
      frame: reader.uint(),
      offset: reader.uint(FRAME_CAPACITY),
      length: reader.uint(),
    };
    length += extent.length;
    extents.push(extent);
  }
  if (length !== size) throw new MalformedError('an item whose extents are not its length');
  return { op: 'present', key, uid, title, type, time, attributes, size, fingerprint, extents };
}

function writeAttributes(writer: ByteWriter, attributes: Attributes): void {
  const { mode, link, directory, position, name } = attributes;
  const flags =
    (mode === undefined ? 0 : 1) |
    (link ? 2 : 0) |
    (directory ? 4 : 0) |
    (position === undefined ? 0 : 8) |
    (name ? 16 : 0);
  writer.u8(flags);
  if (mode !== undefined) writer.uint(mode);
  if (link) writer.bytes(link);
  if (position !== undefined) writer.uint(position);
  if (name) writer.bytes(name);
}

function readAttributes(reader: ByteReader): Attributes {
  const flags = reader.u8();
  if (flags > 31) throw new MalformedError('unknown attributes');
  if (flags === 0) return NONE;
  const attributes: { -readonly [A in keyof Attributes]: Attributes[A] } = {};
  if (flags & 1) attributes.mode = reader.uint(0o7777);
  if (flags & 2) attributes.link = reader.bytes(MAX_LINK);
  if (flags & 4) attributes.directory = true;
  if (flags & 8) attributes.position = reader.uint();
  if (flags & 16) attributes.name = reader.bytes(MAX_NAME);
  return attributes;
}
const NONE: Attributes = {};

/** Titles and types are for showing: longer ones are cut at a character, as `encodeInto` does. */
function writeText(writer: ByteWriter, text: string): void {
  const { written } = encoder.encodeInto(text, clipped);
  writer.bytes(clipped.subarray(0, written));
}
const encoder = new TextEncoder();
const clipped = new Uint8Array(MAX_TEXT);
