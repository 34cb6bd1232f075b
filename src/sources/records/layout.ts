/**
 * Layout: the bytes of a file around its items, and the order in which they stand.
 *
 * ```text
 * piece  version:u8 = 1 | entry | entry | …
 * entry  0:u8 | gap:bytes            bytes that belong to no item
 *        1:u8 | mark raw:8           a part of an item: SHA-256 of its id, cut
 * ```
 *
 * A piece ends behind the first part of an item whose mark begins with ten zero bits, and the next piece is named by
 * that mark: what changes in one place leaves the other pieces as they are. The n-th entry of a mark stands for the
 * n-th part of its item.
 */
import { readSync } from 'node:fs';
import { SourceError } from '../../database/index.ts';
import { ByteReader, ByteWriter, MalformedError } from '../../lib/binary.ts';
import { fromHex } from '../../lib/bytes.ts';
import { sha256 } from './digest.ts';
import type { LayoutPiece, RecordItem, Sequence, Span } from './found.ts';
import { layoutId } from './uid.ts';

export type LayoutEntry =
  | { readonly kind: 'gap'; readonly bytes: Uint8Array }
  /** Hexadecimal. */
  | { readonly kind: 'part'; readonly mark: string };

const VERSION = 1;
const MARK = 8;

type Place = Pick<LayoutPiece, 'from' | 'to' | 'offset'>;

/** @param fd the file, for its gaps */
export function layoutPieces(fd: number, sequence: Sequence): LayoutPiece[] {
  const pieces: LayoutPiece[] = [];
  const split = new Set<RecordItem>();
  let after = '';
  let place: Place = { from: 0, to: 0, offset: 0 };
  const add = (to: number, next: number): void => {
    place = { ...place, to };
    const bytes = layoutBytes(fd, sequence, place);
    pieces.push({ id: layoutId(after), ...place, length: bytes.length, digest: sha256(bytes) });
    place = { from: to, to, offset: next };
  };
  let offset = 0;
  sequence.forEach((entry, i) => {
    offset += lengthAt(entry, offset);
    if (typeof entry === 'number' || !ends(entry) || split.has(entry)) return;
    split.add(entry);
    add(i + 1, offset);
    after = entry.mark;
  });
  if (place.from < sequence.length || pieces.length === 0) add(sequence.length, offset);
  return pieces;
}

/** Whether a piece ends behind it: one of about a thousand. */
const ends = ({ mark }: RecordItem): boolean =>
  mark.startsWith('00') && Number.parseInt(mark.slice(2, 4), 16) < 64;

export function layoutBytes(fd: number, sequence: Sequence, { from, to, offset }: Place): Uint8Array {
  const layout = new LayoutWriter();
  let at = offset;
  for (let i = from; i < to; i++) {
    const entry = sequence[i]!;
    const length = lengthAt(entry, at);
    if (typeof entry !== 'number') layout.part(entry.mark);
    else layout.gap(readSpan(fd, { offset: at, length }));
    at += length;
  }
  return layout.finish();
}

/** Of a gap, or of the part of an item that begins there. */
function lengthAt(entry: RecordItem | number, offset: number): number {
  if (typeof entry === 'number') return entry;
  if (entry.offset === offset) return entry.length;
  // Further parts stand as in the file, and one that somebody else made may have as many of one item as fit in.
  const more = entry.more!;
  let [low, high] = [0, more.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (more[middle]!.offset < offset) low = middle + 1;
    else high = middle;
  }
  return more[low]!.length;
}

export class LayoutWriter {
  readonly #writer = new ByteWriter().u8(VERSION);

  gap(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#writer.u8(0).bytes(bytes);
  }

  part(mark: string): void {
    this.#writer.u8(1).raw(fromHex(mark));
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }
}

/** @throws SourceError `ERR_SOURCE_FORMAT` */
export function parseLayout(bytes: Uint8Array): LayoutEntry[] {
  const entries: LayoutEntry[] = [];
  try {
    const reader = new ByteReader(bytes);
    if (reader.u8() !== VERSION) throw new MalformedError('a layout of another version');
    while (reader.left > 0) {
      const kind = reader.u8();
      if (kind > 1) throw new MalformedError('an entry of unknown kind');
      if (kind === 1) entries.push({ kind: 'part', mark: reader.raw(MARK).toHex() });
      else entries.push({ kind: 'gap', bytes: reader.bytes(bytes.length) });
    }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new SourceError('ERR_SOURCE_FORMAT', `a layout was not written: ${error.message}`, {
      cause: error,
    });
  }
  return entries;
}

export function readSpan(fd: number, { offset, length }: Span): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const count = readSync(fd, bytes, at, length - at, offset + at);
    if (count === 0) throw new Error('it became shorter while it was read');
    at += count;
  }
  return bytes;
}
