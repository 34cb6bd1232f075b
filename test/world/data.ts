/** Data that is the same in every run: seeded, and not to be compressed. */
import { closeSync, openSync, writeSync } from 'node:fs';

/** xorshift32: fast, and good enough to be incompressible. */
export function seeded(seed: number): (length: number) => Buffer {
  let state = seed | 1;
  return (length) => {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state;
    }
    return Buffer.from(words.buffer, 0, length);
  };
}

/** A number from 0 to below `limit`, the next of its kind. */
export const pick = (random: (length: number) => Buffer, limit: number): number =>
  random(4).readUInt32LE() % limit;

/** A large file, a piece at a time. */
export function writeLarge(path: string, length: number, seed: number): void {
  const random = seeded(seed);
  const fd = openSync(path, 'w');
  for (let at = 0; at < length; at += 1 << 20) writeSync(fd, random(Math.min(1 << 20, length - at)));
  closeSync(fd);
}
