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
import { isItem, type LayoutPiece, type RecordItem, type Span } from './found.ts';
import { layoutId } from './uid.ts';

export type LayoutEntry =
  | { readonly kind: 'gap'; readonly bytes: Uint8Array }
  /** Hexadecimal. */
  | { readonly kind: 'part'; readonly mark: string };

const VERSION = 1;
const MARK = 8;

/** @param fd the file, for its gaps */
export function layoutPieces(fd: number, sequence: readonly (RecordItem | Span)[]): LayoutPiece[] {
  const pieces: LayoutPiece[] = [];
  const split = new Set<RecordItem>();
  let after = '';
  let from = 0;
  const add = (to: number): void => {
    const bytes = layoutBytes(fd, sequence, from, to);
    pieces.push({ id: layoutId(after), from, to, length: bytes.length, digest: sha256(bytes) });
    from = to;
  };
  sequence.forEach((entry, i) => {
    if (!isItem(entry) || split.has(entry)) return;
    const { mark } = entry;
    if (Number.parseInt(mark.slice(0, 4), 16) >= 64) return;
    split.add(entry);
    add(i + 1);
    after = mark;
  });
  if (from < sequence.length || pieces.length === 0) add(sequence.length);
  return pieces;
}

export function layoutBytes(
  fd: number,
  sequence: readonly (RecordItem | Span)[],
  from: number,
  to: number,
): Uint8Array {
  const layout = new LayoutWriter();
  for (let i = from; i < to; i++) {
    const entry = sequence[i]!;
    if (isItem(entry)) layout.part(entry.mark);
    else layout.gap(readSpan(fd, entry));
  }
  return layout.finish();
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
