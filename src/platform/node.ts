/** The platform of Node: `node:crypto` and `node:zlib`. */
import { createCipheriv, createDecipheriv, createHash, hash, hkdfSync, randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { release } from '../lib/bytes.ts';
import type { FrameInput, Platform } from './index.ts';

/** Memory for output is taken in steps of this: text mostly fits into half a frame. */
const CHUNK = 32 * 1024;

/** Level 1 of zstd: 3.1 times smaller for phone text, and fast enough never to be what a backup waits for. */
const compression = {
  params: { [constants.ZSTD_c_compressionLevel]: 1 },
  chunkSize: CHUNK,
};
const TAG = 16;

export const nodePlatform: Platform = {
  random: (length) => new Uint8Array(randomBytes(length)),

  sha256: (bytes) => hash('sha256', bytes, 'buffer'),

  hasher() {
    const state = createHash('sha256');
    return {
      update(bytes) {
        state.update(bytes);
        return this;
      },
      digest: () => state.digest(),
    };
  },

  hkdf: (key, salt, info, length) => new Uint8Array(hkdfSync('sha256', key, salt, info, length)),

  async seal(key, frames) {
    return frames.map((frame) => {
      const cipher = createCipheriv('aes-256-gcm', key, nonce(frame));
      cipher.setAAD(frame.aad);
      const sealed = frame.target ?? new Uint8Array(frame.bytes.length + TAG);
      const bytes = noted(cipher.update(frame.bytes));
      sealed.set(bytes);
      release(bytes); // made anew, never out of Node's pool
      cipher.final();
      sealed.set(cipher.getAuthTag(), frame.bytes.length);
      return sealed;
    });
  },

  async open(key, frames) {
    return frames.map((frame) => {
      if (frame.bytes.length < TAG) return undefined;
      const end = frame.bytes.length - TAG;
      const decipher = createDecipheriv('aes-256-gcm', key, nonce(frame), { authTagLength: TAG });
      decipher.setAAD(frame.aad);
      decipher.setAuthTag(frame.bytes.subarray(end));
      const plain = noted(decipher.update(frame.bytes.subarray(0, end)));
      try {
        decipher.final();
      } catch {
        return undefined;
      }
      return bare(plain);
    });
  },

  // At once: handing 60 KiB to the thread pool and back costs more than compressing them.
  compress: async (bytes) => bare(noted(zstdCompressSync(bytes, compression))),

  async decompress(bytes, length) {
    const plain = zstdDecompressSync(bytes, { maxOutputLength: Math.max(length, 1), chunkSize: 2 * CHUNK });
    noted(plain);
    if (plain.length !== length) throw new RangeError(`${plain.length} bytes instead of ${length}`);
    return bare(plain);
  },
};

/** Never a Buffer: its `slice` is a view, where that of a Uint8Array is a copy, which outlasts what it was taken from. */
const bare = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);

/**
 * Keeps memory flat in long work: V8's space for young objects stays as large as it is now, instead of growing to
 * 32 MiB of dead ones. For work like a backup, whose objects die at once, that costs no time.
 */
export function keepMemoryFlat(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Results may pile up to this before the dead ones among them are collected. */
const PILE = 8 * 1024 * 1024;

let piled = 0;
let collect: ((how: { type: 'minor' }) => void) | undefined;

/**
 * Results of `node:crypto` and `node:zlib` lie outside of V8's heap, which therefore sees no need to look after them
 * before they are 64 MiB. Most are dead as soon as they are copied to where they belong: collected a few at a time,
 * among young objects only, they cost a millisecond for each {@link PILE}.
 */
function noted<T extends Uint8Array>(result: T): T {
  piled += result.length;
  if (piled >= PILE) {
    piled = 0;
    collect ??= collector();
    collect({ type: 'minor' });
  }
  return result;
}

function collector(): (how: { type: 'minor' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

/** 96 bits, big-endian: the frame number. */
function nonce(frame: FrameInput): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(8, frame.number);
  return bytes;
}
