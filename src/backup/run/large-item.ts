/**
 * A large item on its way into frames: cut by its content, only the chunks that its version before did not have are
 * sealed (U3).
 */
import type { ListedItem } from '../../database/index.ts';
import type { Platform } from '../../platform/index.ts';
import type { Extent, PresentEntry } from '../../set/index.ts';
import { CHUNKED_ABOVE, Chunker, type ChunkMark, KnownChunks, markHash, writeMarks } from '../chunk/index.ts';
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
}

/** What is recorded once and hardly ever edited: cutting it would cost and bring nothing. */
const RECORDINGS = /^(image|video|audio)\//;

/** Bytes of about eight frames. */
const STEP = 512 * 1024;

/** An index entry has room for so many places; from here on nothing more is taken from the version before. */
const MOST_PLACES = 2000;

export async function sealLarge(input: LargeInput): Promise<LargeItem> {
  const { listed, stream } = input;
  const cut = listed.size > CHUNKED_ABOVE && !RECORDINGS.test(listed.type);
  const hasher = input.platform.hasher();
  const pieces = new Pieces(input);
  let size = 0;
  if (!cut) stream?.begin(listed.size);
  const chunker = cut ? new Chunker(input.gear, listed.size) : undefined;
  for await (const bytes of input.content) {
    hasher.update(bytes);
    size += bytes.length;
    if (chunker) for (const chunk of chunker.push(bytes)) await pieces.addChunk(chunk);
    else await pieces.add(bytes);
  }
  if (chunker) for (const chunk of chunker.end()) await pieces.addChunk(chunk);
  return { size, fingerprint: hasher.digest(), pieces: pieces.list, chunks: writeMarks(pieces.marks) };
}

/** Where the bytes lie: in older sets, or in frames of this one. */
class Pieces {
  readonly list: Piece[] = [];
  readonly marks: ChunkMark[] = [];
  readonly #input: LargeInput;
  readonly #known: KnownChunks | undefined;
  #begun = false;
  #places = 0;

  constructor(input: LargeInput) {
    this.#input = input;
    const { before } = input;
    this.#known =
      before && before.chunks.length > 0 ? new KnownChunks(before.entry.extents, before.chunks) : undefined;
  }

  async addChunk(bytes: Uint8Array): Promise<void> {
    const hash = markHash(this.#input.platform.sha256(bytes));
    this.marks.push({ length: bytes.length, hash });
    const known = this.#places < MOST_PLACES ? this.#known?.find(hash, bytes.length) : undefined;
    if (known) for (const extent of known) this.#take(extent);
    else await this.#seal(bytes);
  }

  /** A few frames at a time: a chunk of a very large item has hundreds. */
  async add(bytes: Uint8Array): Promise<void> {
    const { stream } = this.#input;
    for (let at = 0; stream && at < bytes.length; at += STEP) {
      stream.add(bytes.subarray(at, at + STEP), this.list);
      if (stream.crowded) await stream.settle();
    }
  }

  #take({ segment, frame, offset, length }: Extent): void {
    this.list.push({ frame: { segment, frame }, offset, length, stored: true });
    this.#places++;
  }

  async #seal(bytes: Uint8Array): Promise<void> {
    const { stream, listed } = this.#input;
    if (!this.#begun) stream?.begin(listed.size);
    this.#begun = true;
    await this.add(bytes);
  }
}
