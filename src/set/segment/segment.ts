/**
 * What binds the frames of a segment together: its key's derivation, its hash, and the table that says where each
 * frame lies. docs/format.md, "Segment".
 */
import type { ByteReader, ByteWriter } from '../../lib/binary.ts';
import { concat, utf8 } from '../../lib/bytes.ts';
import { MAX_FRAME, streamCode } from '../frame/index.ts';

/** HKDF `info` of a segment's key; the salt is the segment's, the input the data key of its database. */
export function segmentKeyInfo(set: Uint8Array, database: Uint8Array, stream: 'data' | 'index'): Uint8Array {
  return concat(utf8('holdfast/1 segment key'), set, database, Uint8Array.of(streamCode(stream)));
}

/** Where one frame lies in the stored object, and the SHA-256 of its stored bytes. */
export interface FrameEntry {
  readonly offset: number;
  readonly length: number;
  readonly hash: Uint8Array;
}

/** A segment as an index knows it. */
export interface SegmentTable {
  readonly set: Uint8Array;
  readonly database: Uint8Array;
  readonly id: Uint8Array;
  readonly salt: Uint8Array;
  readonly frames: readonly FrameEntry[];
}

/**
 * The bytes whose SHA-256 is the segment's hash: the same in every packaging, and computed from the frames' hashes
 * so that the frames are hashed once.
 */
export function segmentHashInput(
  stream: 'data' | 'index',
  salt: Uint8Array,
  frames: readonly { readonly hash: Uint8Array }[],
): Uint8Array {
  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, frames.length);
  return concat(
    utf8('holdfast/1 segment'),
    Uint8Array.of(streamCode(stream)),
    salt,
    count,
    ...frames.map((frame) => frame.hash),
  );
}

/** Frames in one segment at most: a 64 MiB segment of the smallest sensible frames. */
export const MAX_FRAMES = 1 << 20;

/** Offsets are stored as the gap to the end of the frame before. */
export function writeFrames(writer: ByteWriter, frames: readonly FrameEntry[]): void {
  writer.uint(frames.length);
  let end = 0;
  for (const frame of frames) {
    writer
      .uint(frame.offset - end)
      .uint(frame.length)
      .raw(frame.hash);
    end = frame.offset + frame.length;
  }
}

export function readFrames(reader: ByteReader): FrameEntry[] {
  const frames: FrameEntry[] = [];
  const count = reader.uint(MAX_FRAMES);
  let end = 0;
  for (let i = 0; i < count; i++) {
    const offset = end + reader.uint(Number.MAX_SAFE_INTEGER / 2);
    const length = reader.uint(MAX_FRAME);
    frames.push({ offset, length, hash: reader.raw(32) });
    end = offset + length;
  }
  return frames;
}

export function writeTable(writer: ByteWriter, table: SegmentTable): void {
  writer.raw(table.set).raw(table.database).raw(table.id).raw(table.salt);
  writeFrames(writer, table.frames);
}

export function readTable(reader: ByteReader): SegmentTable {
  return {
    set: reader.raw(16),
    database: reader.raw(16),
    id: reader.raw(8),
    salt: reader.raw(16),
    frames: readFrames(reader),
  };
}
