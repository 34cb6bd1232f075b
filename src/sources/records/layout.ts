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
import type { FoundPart, PartTaker, Span } from './finder.ts';
import { layoutId } from './uid.ts';

export type LayoutEntry =
  | { readonly kind: 'gap'; readonly bytes: Uint8Array }
  /** Hexadecimal. */
  | { readonly kind: 'part'; readonly mark: string };

const VERSION = 1;
const MARK = 8;

/** A piece of the layout of a file, without the bytes of its gaps: those are in the file. */
export interface LayoutPiece {
  readonly id: string;
  /** Where in the file what it is about begins. */
  readonly offset: number;
  /** Entries: the length in the file, twice, and with 1 added the mark of a part. */
  readonly skeleton: Uint8Array;
  /** Of the layout, and its digest. */
  readonly length: number;
  readonly digest: Uint8Array;
}

/** Cuts a layout into pieces while the file is read. */
export class LayoutPieces implements PartTaker {
  readonly #skeletons: Pick<LayoutPiece, 'id' | 'offset' | 'skeleton'>[] = [];
  readonly #skeleton = new ByteWriter(16 * 1024);
  #after = '';
  #from = 0;
  #to = 0;

  gap(length: number): void {
    this.#skeleton.uint(2 * length);
    this.#to += length;
  }

  part({ length, mark, further }: FoundPart): void {
    this.#skeleton.uint(2 * length + 1).raw(fromHex(mark));
    this.#to += length;
    if (further || !ends(mark)) return;
    this.#end();
    this.#after = mark;
  }

  /** @param fd the file, for its gaps */
  finish(fd: number): LayoutPiece[] {
    if (this.#skeleton.length > 0 || this.#skeletons.length === 0) this.#end();
    return this.#skeletons.map((piece) => {
      const bytes = layoutBytes(fd, piece);
      return { ...piece, length: bytes.length, digest: sha256(bytes) };
    });
  }

  #end(): void {
    const skeleton = this.#skeleton.finish();
    this.#skeletons.push({ id: layoutId(this.#after), offset: this.#from, skeleton });
    this.#skeleton.clear();
    this.#from = this.#to;
  }
}

/** Whether a piece ends behind its item: one of about a thousand. */
const ends = (mark: string): boolean => mark.startsWith('00') && Number.parseInt(mark.slice(2, 4), 16) < 64;

export function layoutBytes(
  fd: number,
  { offset, skeleton }: Pick<LayoutPiece, 'offset' | 'skeleton'>,
): Uint8Array {
  const layout = new LayoutWriter();
  const entries = new ByteReader(skeleton);
  for (let at = offset; entries.left > 0; ) {
    const entry = entries.uint();
    const length = Math.floor(entry / 2);
    if (entry % 2 === 1) layout.part(entries.raw(MARK));
    else layout.gap(readSpan(fd, { offset: at, length }));
    at += length;
  }
  return layout.finish();
}

export class LayoutWriter {
  readonly #writer = new ByteWriter().u8(VERSION);

  gap(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#writer.u8(0).bytes(bytes);
  }

  part(mark: Uint8Array): void {
    this.#writer.u8(1).raw(mark);
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
