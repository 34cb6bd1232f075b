/**
 * The bytes of a frame. Clear part: one byte of flags. Sealed part (the *body*): method, lengths, the packed
 * items, zeros up to the padded length. docs/format.md, "Frame".
 *
 * ```text
 * frame  flags:u8 | AES-256-GCM( body ) | tag:16          flags bit 0 (plain): flags:u8 | body
 * body   method:u8 | raw:u24 | packed:u24 | packed bytes | zeros
 * ```
 */
import { MalformedError } from '../../lib/binary.ts';

/** Body of a full frame: a value that Padmé leaves as it is, so that incompressible data is not padded. */
export const FRAME_BODY = 60 * 1024;

/** Bytes before the packed items in a body. */
export const FRAME_HEADER = 7;

/** Plaintext bytes that a frame holds at most. */
export const FRAME_CAPACITY = FRAME_BODY - FRAME_HEADER;

/** Length of the longest frame as stored: flags, body, tag. */
export const MAX_FRAME = 1 + FRAME_BODY + 16;

export const PLAIN = 0x01;

const STORED = 0;
const ZSTD = 1;

/** What a frame's body says of its content. */
export interface FrameBody {
  readonly compressed: boolean;
  /** Length of the items laid end to end. */
  readonly raw: number;
  /** The bytes as they are in the body: compressed, or the items themselves. */
  readonly packed: Uint8Array;
}

/**
 * Lays out a body; `pad` rounds its length up by Padmé. It is laid into `memory`, where the packed bytes may lie in
 * their place already.
 */
export function encodeBody(body: FrameBody, pad: boolean, memory?: Uint8Array): Uint8Array {
  const end = FRAME_HEADER + body.packed.length;
  const length = pad ? padme(end) : end;
  const bytes = memory?.subarray(0, length) ?? new Uint8Array(length);
  bytes.set(body.packed, FRAME_HEADER);
  bytes[0] = body.compressed ? ZSTD : STORED;
  writeU24(bytes, 1, body.raw);
  writeU24(bytes, 4, body.packed.length);
  return bytes.fill(0, end);
}

/** @throws MalformedError; the bytes are authentic by now, so this means a faulty or hostile writer. */
export function decodeBody(bytes: Uint8Array): FrameBody {
  if (bytes.length < FRAME_HEADER || bytes.length > FRAME_BODY)
    throw new MalformedError('a frame of this length');
  const method = bytes[0]!;
  const raw = readU24(bytes, 1);
  const length = readU24(bytes, 4);
  if (method > ZSTD || raw > FRAME_CAPACITY || FRAME_HEADER + length > bytes.length)
    throw new MalformedError('a frame with these lengths');
  if (method === STORED && raw !== length) throw new MalformedError('a stored frame of two lengths');
  return { compressed: method === ZSTD, raw, packed: bytes.subarray(FRAME_HEADER, FRAME_HEADER + length) };
}

/** Everything that places a frame: what its additional authenticated data binds it to. */
export interface FramePlace {
  readonly set: Uint8Array;
  readonly database: Uint8Array;
  readonly stream: 'data' | 'index';
  readonly salt: Uint8Array;
}

const AAD_PREFIX = 52;

/** The AAD of the frames of one segment; call it with each frame's number, flags and length of its body. */
export function frameAad(place: FramePlace): (number: number, flags: number, body: number) => Uint8Array {
  const prefix = new Uint8Array(AAD_PREFIX);
  prefix.set([0x48, 0x46, 1, streamCode(place.stream)]); // "HF", version 1
  prefix.set(place.set, 4);
  prefix.set(place.database, 20);
  prefix.set(place.salt, 36);
  return (number, flags, body) => {
    const aad = new Uint8Array(AAD_PREFIX + 9);
    aad.set(prefix);
    const view = new DataView(aad.buffer);
    view.setUint32(52, number);
    view.setUint8(56, flags);
    view.setUint32(57, body);
    return aad;
  };
}

export const streamCode = (stream: 'data' | 'index'): number => (stream === 'data' ? 0 : 1);

/**
 * Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", 2019,
 * §4.4): at most 12 % longer, leaks O(log log n) bits of a length.
 */
export function padme(length: number): number {
  if (length < 2) return length;
  const exponent = Math.floor(Math.log2(length));
  const keep = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** Math.max(0, exponent - keep);
  return Math.ceil(length / step) * step;
}

function writeU24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 16;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value;
}

const readU24 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! * 0x10000 + bytes[at + 1]! * 0x100 + bytes[at + 2]!;
