import type { LeftOut } from '../../../api/device/index.ts';

/** So many are named; the others are counted. */
const NAMED = 1000;

export const limitLeftOut = (all: readonly LeftOut[]): { leftOut: LeftOut[]; leftOutCount: number } => ({
  leftOut: all.slice(0, NAMED),
  leftOutCount: all.length,
});
