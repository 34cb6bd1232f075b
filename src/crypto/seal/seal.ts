import type { FrameInput, Platform } from '../../platform/index.ts';
import {
  decodeBody,
  encodeBody,
  FRAME_CAPACITY,
  type FramePlace,
  frameAad,
  PLAIN,
  segmentKeyInfo,
} from '../../set/index.ts';
import { CryptoError } from '../errors.ts';

/** How the plaintext of frames is packed before sealing. */
export interface Packing {
  readonly compress: boolean;
  readonly pad: boolean;
}

/** Below this, a frame is not worth compressing. */
const WORTH_COMPRESSING = 64;

/**
 * Items laid end to end, at most {@link FRAME_CAPACITY} bytes, as the body of a frame.
 *
 * @param memory `FRAME_BODY` bytes for the result; `raw` may lie in it, at `FRAME_HEADER`
 */
export async function packFrame(
  platform: Platform,
  raw: Uint8Array,
  packing: Packing,
  memory?: Uint8Array,
): Promise<Uint8Array> {
  if (raw.length > FRAME_CAPACITY) throw new RangeError('more than a frame holds');
  if (packing.compress && raw.length >= WORTH_COMPRESSING) {
    const packed = await platform.compress(raw);
    if (packed.length < raw.length)
      return encodeBody({ compressed: true, raw: raw.length, packed }, packing.pad, memory);
  }
  return encodeBody({ compressed: false, raw: raw.length, packed: raw }, packing.pad, memory);
}

/** The key of one segment: HKDF-SHA256 (RFC 5869) of the data key under the segment's salt. */
export const segmentKey = (platform: Platform, dataKey: Uint8Array, place: FramePlace): Uint8Array =>
  platform.hkdf(dataKey, place.salt, segmentKeyInfo(place.set, place.database, place.stream), 32);

/** Flags before a sealed body, tag behind it. */
export const SEAL_OVERHEAD = 17;

/**
 * Seals bodies as the frames `first`, `first + 1`, ... of a segment.
 *
 * @param memory for the frames, one behind the other; new memory for each unless told
 */
export async function sealFrames(
  platform: Platform,
  key: Uint8Array,
  place: FramePlace,
  bodies: readonly Uint8Array[],
  first = 0,
  memory?: Uint8Array,
): Promise<Uint8Array[]> {
  const aad = frameAad(place);
  let at = 0;
  const frames = bodies.map(({ length }) => {
    const frame =
      memory?.subarray(at, (at += length + SEAL_OVERHEAD)) ?? new Uint8Array(length + SEAL_OVERHEAD);
    frame[0] = 0; // flags
    return frame;
  });
  await platform.seal(
    key,
    bodies.map((bytes, i) => ({
      number: first + i,
      aad: aad(first + i, 0, bytes.length),
      bytes,
      target: frames[i]!.subarray(1),
    })),
  );
  return frames;
}

/** A stored frame and its number in the segment. */
export interface StoredFrame {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/**
 * Opens stored frames and gives their plaintext.
 * @throws CryptoError `ERR_NOT_AUTHENTIC` naming the segment and the frame
 */
export async function openFrames(
  platform: Platform,
  key: Uint8Array,
  place: FramePlace,
  frames: readonly StoredFrame[],
  name: string,
): Promise<Uint8Array[]> {
  const aad = frameAad(place);
  const inputs: FrameInput[] = frames.map(({ number, bytes }) => {
    const flags = bytes[0] ?? PLAIN;
    if (flags !== 0) throw notAuthentic(name, number);
    return { number, aad: aad(number, flags, bytes.length - 17), bytes: bytes.subarray(1) };
  });
  const bodies = await platform.open(key, inputs);
  return Promise.all(
    bodies.map(async (bytes, i) => {
      if (!bytes) throw notAuthentic(name, frames[i]!.number);
      return unpackBody(platform, bytes);
    }),
  );
}

/** The plaintext in a body that is authentic. */
export async function unpackBody(platform: Platform, bytes: Uint8Array): Promise<Uint8Array> {
  const body = decodeBody(bytes);
  return body.compressed ? platform.decompress(body.packed, body.raw) : body.packed;
}

const notAuthentic = (name: string, number: number): CryptoError =>
  new CryptoError(
    'ERR_NOT_AUTHENTIC',
    `segment ${name}, frame ${number}: altered, or sealed for another place`,
  );
