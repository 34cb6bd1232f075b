/** Plain frames (B10): what policy leaves unencrypted, in a backup file only. They protect nothing; hashes do. */
import type { Platform } from '../../platform/index.ts';
import { PLAIN } from '../../set/index.ts';
import { CryptoError } from '../errors.ts';
import { type StoredFrame, unpackBody } from './seal.ts';

/** Bodies as plain frames: one byte of flags before each, no tag behind it. `memory` as for `sealFrames`. */
export function plainFrames(bodies: readonly Uint8Array[], memory?: Uint8Array): Uint8Array[] {
  let at = 0;
  return bodies.map((body) => {
    const length = body.length + 1;
    const frame = memory?.subarray(at, (at += length)) ?? new Uint8Array(length);
    frame[0] = PLAIN;
    frame.set(body, 1);
    return frame;
  });
}

/**
 * The plaintext of plain frames whose hashes have been compared.
 * @throws CryptoError `ERR_NOT_AUTHENTIC` naming the segment and the frame that is not plain
 */
export function openPlainFrames(
  platform: Platform,
  frames: readonly StoredFrame[],
  name: string,
): Promise<Uint8Array[]> {
  return Promise.all(
    frames.map(async ({ number, bytes }) => {
      if (bytes[0] !== PLAIN)
        throw new CryptoError('ERR_NOT_AUTHENTIC', `segment ${name}, frame ${number}: not plain`);
      return unpackBody(platform, bytes.subarray(1));
    }),
  );
}
