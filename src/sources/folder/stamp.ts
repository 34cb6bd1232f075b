/** Stamps: a file whose size, times and inode are as they were has not changed. */
import type { BigIntStats } from 'node:fs';
import { compareBytes } from '../../lib/bytes.ts';

const IDENTITY = 32;

/** Two changes within one tick of the file system's clock leave the same time behind. FAT ticks every 2 s. */
const TICK = 50;
const COARSE_TICK = 2000;
const SECOND = 1_000_000_000n;

/**
 * Size, mtime, ctime and inode. A file that changed a moment ago gets a stamp that fits no later listing: it might
 * change again without showing, so it is read once more.
 */
export function fileStamp(stat: BigIntStats, now: number): Uint8Array {
  const tick = stat.ctimeNs % SECOND === 0n ? COARSE_TICK : TICK;
  const settled = now - Number(stat.ctimeMs) > tick;
  return settled ? pack(stat.size, stat.mtimeNs, stat.ctimeNs, stat.ino) : fresh(stat, now);
}

const fresh = (stat: BigIntStats, now: number): Uint8Array =>
  pack(stat.size, stat.mtimeNs, stat.ctimeNs, stat.ino, BigInt(now));

/** A directory's bytes and attributes are its permissions; its time is restored with them. */
export const directoryStamp = (stat: BigIntStats): Uint8Array => pack(stat.mode, stat.mtimeNs);

/** Whether it still is the file that was stamped, unchanged. */
export const fits = (stat: BigIntStats, stamp: Uint8Array): boolean =>
  compareBytes(pack(stat.size, stat.mtimeNs, stat.ctimeNs, stat.ino), stamp.subarray(0, IDENTITY)) === 0;

/** Whether a file is the same and unchanged at two moments. */
export const same = (a: BigIntStats, b: BigIntStats): boolean =>
  a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;

/** Unix ms, rounded: restored times pass through floating-point seconds. */
export const timeOf = (stat: BigIntStats): number => Number((stat.mtimeNs + 500_000n) / 1_000_000n);

const pack = (...numbers: bigint[]): Uint8Array => new Uint8Array(BigInt64Array.from(numbers).buffer);
