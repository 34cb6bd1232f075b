/** Stamps: a file whose size, times and inode are as they were has not changed. */
import type { Stats } from 'node:fs';
import { compareBytes } from '../../lib/bytes.ts';

/** Of size, two times and an inode; a double holds a time to a quarter of a microsecond. */
const IDENTITY = 32;

/** Two changes within one tick of the file system's clock leave the same time behind. FAT ticks every 2 s. */
const TICK = 50;
const COARSE_TICK = 2000;
const SECOND = 1000;

/**
 * Size, mtime, ctime and inode. A file that changed a moment ago gets a stamp that fits no later listing: it might
 * change again without showing, so it is read once more.
 */
export function fileStamp(stat: Stats, now: number): Uint8Array {
  const tick = stat.ctimeMs % SECOND === 0 ? COARSE_TICK : TICK;
  const settled = now - stat.ctimeMs > tick;
  return settled ? identity(stat) : pack(stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino, now);
}

const identity = ({ size, mtimeMs, ctimeMs, ino }: Stats): Uint8Array => pack(size, mtimeMs, ctimeMs, ino);

/** A directory's bytes and attributes are its permissions; its time is restored with them. */
export const directoryStamp = (stat: Stats): Uint8Array => pack(stat.mode, stat.mtimeMs);

/** Whether it still is the file that was stamped, unchanged. */
export const fits = (stat: Stats, stamp: Uint8Array): boolean =>
  compareBytes(identity(stat), stamp.subarray(0, IDENTITY)) === 0;

/** Whether a file is the same and unchanged at two moments. */
export const same = (a: Stats, b: Stats): boolean =>
  a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs;

/** Unix ms, rounded: restored times pass through floating-point seconds. */
export const timeOf = (stat: Stats): number => Math.round(stat.mtimeMs);

const numbers = new Float64Array(5);
const bytes = new Uint8Array(numbers.buffer);

function pack(...given: readonly number[]): Uint8Array {
  numbers.set(given);
  return bytes.slice(0, given.length * 8);
}
