/**
 * A large item on its way into frames: cut by its content, only the chunks that its version before did not have are
 * sealed (U3).
 */
import { type ListedItem, SourceError } from '../../database/index.ts';
import type { Platform } from '../../platform/index.ts';
import { type Extent, follows, MAX_EXTENTS, type PresentEntry } from '../../set/index.ts';
import {
  CHUNKED_ABOVE,
  Chunker,
  type ChunkMark,
  chunkBits,
  isWorthPlaces,
  type KnownChunk,
  KnownChunks,
  markHash,
  writeMarks,
} from '../chunk/index.ts';
import type { Piece, SegmentStream } from './segment-stream.ts';

export interface LargeItem {
  readonly size: number;
  readonly fingerprint: Uint8Array;
  readonly pieces: readonly Piece[];
  /** Marks of its chunks; empty when it was not cut. */
  readonly chunks: Uint8Array;
}

export interface LargeInput {
  readonly platform: Platform;
  readonly gear: Uint32Array;
  /** Undefined in a dry run. */
  readonly stream: SegmentStream | undefined;
  readonly listed: ListedItem;
  /** Its version in the set before, if that may be pointed to. */
  readonly before: { readonly entry: PresentEntry; readonly chunks: Uint8Array } | undefined;
  readonly content: AsyncIterable<Uint8Array>;
  /** Whether what lies there is to be sealed anew. */
  readonly leaves: (extents: readonly Extent[]) => boolean;
  /** Places that known bytes are pointed to for, and all that an entry has room for; in tests fewer. */
  readonly most?: number;
  readonly room?: number;
}

/** What is recorded once and hardly ever edited: cutting it would cost and bring nothing. */
const RECORDINGS = /^(image|video|audio)\//;

/** Bytes of about eight frames. */
const STEP = 512 * 1024;

/** An index entry has room for so many places; each of the last frames may begin a segment that is not known yet. */
const MOST_PLACES = MAX_EXTENTS - 10;

/** @throws SourceError when there is no room for so large an item in an index */
export async function sealLarge(input: LargeInput): Promise<LargeItem> {
  const { before, listed } = input;
  const cut = listed.size > CHUNKED_ABOVE && !RECORDINGS.test(listed.type);
  const hasher = input.platform.hasher();
  const known = before?.chunks.length ? new KnownChunks(before.entry.extents, before.chunks) : undefined;
  const pieces = new Pieces(input, known);
  let size = 0;
  if (!cut) pieces.begin();
  const bits = chunkBits(listed.size, known?.bits);
  const chunker = cut ? new Chunker(input.gear, bits) : undefined;
  for await (const bytes of input.content) {
    hasher.update(bytes);
    size += bytes.length;
    if (chunker) for (const chunk of chunker.push(bytes)) await pieces.addChunk(chunk);
    else await pieces.add(bytes);
  }
  if (chunker) for (const chunk of chunker.end()) await pieces.addChunk(chunk);
  const chunks = cut ? writeMarks(bits, pieces.marks) : new Uint8Array(0);
  return { size, fingerprint: hasher.digest(), pieces: pieces.list, chunks };
}

/** Where the bytes lie: in older sets, or in frames of this one. */
class Pieces {
  readonly list: Piece[] = [];
  readonly marks: ChunkMark[] = [];
  readonly #input: LargeInput;
  readonly #known: KnownChunks | undefined;
  #begun = false;
  /** Bytes so far. */
  #at = 0;
  /** Runs of bytes that were taken, and of those that were sealed. */
  #runs = 0;
  #sealing = false;
  /** Segments that begin within a run of sealed bytes, in the pieces up to there: they get one as they are sealed. */
  #breaks = 0;
  #looked = 0;

  constructor(input: LargeInput, known: KnownChunks | undefined) {
    this.#input = input;
    this.#known = known;
  }

  async addChunk(bytes: Uint8Array): Promise<void> {
    const mark = { length: bytes.length, hash: markHash(this.#input.platform.sha256(bytes)) };
    this.marks.push(mark);
    const known = this.#known?.find(mark);
    if (known && !this.#input.leaves(known.extents) && this.#isWorth(known))
      for (const extent of known.extents) this.#take(extent);
    else await this.#seal(bytes);
    this.#at += bytes.length;
  }

  begin(): void {
    this.#input.stream?.begin(this.#input.listed.size);
    this.#begun = true;
    this.#runs++;
  }

  /** A few frames at a time: a chunk of a very large item has hundreds. */
  async add(bytes: Uint8Array): Promise<void> {
    const { stream, listed, room = MOST_PLACES } = this.#input;
    for (let at = 0; stream && at < bytes.length; at += STEP) {
      stream.add(bytes.subarray(at, at + STEP), this.list);
      if (stream.crowded) await stream.settle();
      if (this.#places() > room) throw tooLarge(listed, room);
    }
  }

  #isWorth({ extents, run }: KnownChunk): boolean {
    const last = this.#sealing ? undefined : this.list.at(-1);
    const more = extents.length - (last && follows(extentOf(last), extents[0]!) ? 1 : 0);
    const { listed, most } = this.#input;
    return isWorthPlaces({ size: listed.size, at: this.#at, used: this.#places(), more, run }, most);
  }

  #take(extent: Extent): void {
    const piece = pieceOf(extent);
    const last = this.#sealing ? undefined : this.list.at(-1);
    if (last && follows(extentOf(last), extent))
      this.list[this.list.length - 1] = { ...last, length: last.length + piece.length };
    else {
      this.list.push(piece);
      this.#runs++;
    }
    this.#sealing = false;
  }

  async #seal(bytes: Uint8Array): Promise<void> {
    if (!this.#begun) this.begin();
    else if (!this.#sealing) this.#runs++;
    this.#sealing = true;
    await this.add(bytes);
  }

  #places(): number {
    for (; this.#looked < this.list.length; this.#looked++) {
      const [before, piece] = [this.list[this.#looked - 1], this.list[this.#looked]!];
      if (piece.stored) continue;
      if (piece.frame.segment < 0) break;
      if (before && !before.stored && !follows(extentOf(before), extentOf(piece))) this.#breaks++;
    }
    return this.#runs + this.#breaks;
  }
}

const pieceOf = ({ segment, frame, offset, length }: Extent): Piece => ({
  frame: { segment, frame },
  offset,
  length,
  stored: true,
});

const extentOf = ({ frame, offset, length }: Piece): Extent => ({ ...frame, offset, length });

const tooLarge = ({ path }: ListedItem, room: number): SourceError =>
  new SourceError(
    'ERR_SOURCE_ITEM_UNREADABLE',
    `${path} lies in more than ${room} segments, more than an index has room for with one item; divide it`,
  );
