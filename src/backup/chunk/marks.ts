import { ByteReader, ByteWriter } from '../../lib/binary.ts';
import { type Extent, FRAME_CAPACITY } from '../../set/index.ts';

/** How the catalogue remembers a chunk: its length and the first 16 bytes of its SHA-256. */
export interface ChunkMark {
  readonly length: number;
  readonly hash: Uint8Array;
}

const HASH = 16;

/** Twice what chunks are on average at most. An item that has grown since it was listed may have more. */
const MOST_MARKS = 1 << 15;

/** The mark's hash out of a chunk's SHA-256. */
export const markHash = (sha256: Uint8Array): Uint8Array => sha256.slice(0, HASH);

/** `bits:u8 | count × ( length:uint | hash:16 )`, of the first chunks at least. */
export function writeMarks(bits: number, marks: readonly ChunkMark[]): Uint8Array {
  const writer = new ByteWriter(1 + marks.length * (HASH + 3)).u8(bits);
  for (const { length, hash } of marks.slice(0, MOST_MARKS)) writer.uint(length).raw(hash);
  return writer.finish();
}

/** A chunk of an item's version before. */
export interface KnownChunk {
  /** Where it lies. */
  readonly extents: readonly Extent[];
  /** Bytes from its first to the last that lies in one place with its end. */
  readonly run: number;
}

/** The chunks of an item's version before, and where they lie. */
export class KnownChunks {
  /** Average length of the chunks, as a power of two. */
  readonly bits: number;
  readonly #chunks: (KnownChunk & { readonly key: string })[] = [];
  /** The first of those that are alike. */
  readonly #byKey = new Map<string, number>();
  #next = 0;

  constructor(extents: readonly Extent[], marks: Uint8Array) {
    const reader = new ByteReader(marks);
    this.bits = reader.u8();
    const rest = new Rest(extents);
    while (reader.left > 0) {
      const length = reader.uint();
      const key = keyOf(reader.raw(HASH), length);
      if (!this.#byKey.has(key)) this.#byKey.set(key, this.#chunks.length);
      const taken = rest.take(length);
      this.#chunks.push({ key, extents: taken, run: length + rest.behind });
    }
  }

  /** To be asked in the order of the item: of chunks that are alike, the one whose turn it is lies best. */
  find({ hash, length }: ChunkMark): KnownChunk | undefined {
    const key = keyOf(hash, length);
    const turn = this.#next++;
    if (this.#chunks[turn]?.key === key) return this.#chunks[turn];
    const found = this.#byKey.get(key);
    if (found === undefined) return undefined;
    this.#next = found + 1;
    return this.#chunks[found];
  }
}

const keyOf = (hash: Uint8Array, length: number): string => `${hash.toHex()}${length}`;

/** What is left of an item's extents. */
class Rest {
  readonly #extents: readonly Extent[];
  #at = 0;
  /** Bytes of the extent at hand that were taken. */
  #taken = 0;

  constructor(extents: readonly Extent[]) {
    this.#extents = extents;
  }

  /** Bytes of the extent at hand that were not taken. */
  get behind(): number {
    const extent = this.#extents[this.#at];
    return extent && this.#taken > 0 ? extent.length - this.#taken : 0;
  }

  take(length: number): Extent[] {
    const taken: Extent[] = [];
    for (let left = length; left > 0; ) {
      const extent = this.#extents[this.#at];
      if (!extent) throw new RangeError('chunks longer than their item');
      const part = Math.min(left, extent.length - this.#taken);
      taken.push(within(extent, this.#taken, part));
      left -= part;
      this.#taken += part;
      if (this.#taken < extent.length) continue;
      this.#at++;
      this.#taken = 0;
    }
    return taken;
  }
}

/** Bytes of an extent from `start` on: all frames that it runs over but the last are full. */
function within({ segment, frame, offset }: Extent, start: number, length: number): Extent {
  const at = offset + start;
  return { segment, frame: frame + Math.floor(at / FRAME_CAPACITY), offset: at % FRAME_CAPACITY, length };
}
