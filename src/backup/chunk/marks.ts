import { ByteReader, ByteWriter } from '../../lib/binary.ts';
import { type Extent, FRAME_CAPACITY } from '../../set/index.ts';

/** How the catalogue remembers a chunk: its length and the first 16 bytes of its SHA-256. */
export interface ChunkMark {
  readonly length: number;
  readonly hash: Uint8Array;
}

const HASH = 16;

/** The mark's hash out of a chunk's SHA-256. */
export const markHash = (sha256: Uint8Array): Uint8Array => sha256.slice(0, HASH);

/** `count × ( length:uint | hash:16 )` */
export function writeMarks(marks: readonly ChunkMark[]): Uint8Array {
  const writer = new ByteWriter(marks.length * (HASH + 3));
  for (const { length, hash } of marks) writer.uint(length).raw(hash);
  return writer.finish();
}

export function* readMarks(bytes: Uint8Array): Generator<ChunkMark> {
  const reader = new ByteReader(bytes);
  while (reader.left > 0) yield { length: reader.uint(), hash: reader.raw(HASH) };
}

/** Where the chunks of an item's version before lie. */
export class KnownChunks {
  readonly #extents = new Map<string, readonly Extent[]>();

  constructor(extents: readonly Extent[], marks: Uint8Array) {
    const rest = [...extents];
    for (const { length, hash } of readMarks(marks))
      this.#extents.set(keyOf(hash, length), take(rest, length));
  }

  find(hash: Uint8Array, length: number): readonly Extent[] | undefined {
    return this.#extents.get(keyOf(hash, length));
  }
}

const keyOf = (hash: Uint8Array, length: number): string => `${hash.toHex()}${length}`;

/** Cuts the first `length` bytes off a list of extents. */
function take(rest: Extent[], length: number): Extent[] {
  const taken: Extent[] = [];
  for (let left = length; left > 0; ) {
    const extent = rest.shift();
    if (!extent) throw new RangeError('chunks longer than their item');
    const part = Math.min(left, extent.length);
    taken.push({ ...extent, length: part });
    if (part < extent.length) rest.unshift(skip(extent, part));
    left -= part;
  }
  return taken;
}

/** What is left of an extent behind its first bytes: all frames that it runs over but the last are full. */
function skip(extent: Extent, bytes: number): Extent {
  const at = extent.offset + bytes;
  return {
    segment: extent.segment,
    frame: extent.frame + Math.floor(at / FRAME_CAPACITY),
    offset: at % FRAME_CAPACITY,
    length: extent.length - bytes,
  };
}
