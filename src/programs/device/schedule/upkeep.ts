/** What is done for a destination after a backup by schedule, when it is time: pruning and verifying (U3, U8). */
import type { AreaRecord } from './record.ts';

const HOUR = 3_600_000;

/** Sets are pruned about once a day; backups do not come to the minute. */
const PRUNE_EVERY = 22 * HOUR;
/** What did not succeed is tried again after this, with the next backup. */
const RETRY = HOUR;
/** A recorded time so far ahead says that the clock was set back since. */
const SKEW = 5 * 60_000;

/** What policy says. Times in ms. */
export interface UpkeepRules {
  readonly retention: { readonly keep?: number };
  readonly verify?: { readonly every?: number; readonly sample?: number };
}

export interface Due {
  readonly prune: boolean;
  readonly verify: boolean;
}

/** What is due at `now` (Unix ms), after a backup that succeeded. */
export function dueUpkeep(
  { retention, verify }: UpkeepRules,
  { prune: pruned, verify: verified }: Partial<AreaRecord>,
  now: number,
): Due {
  return {
    prune: retention.keep !== undefined && isDue(PRUNE_EVERY, pruned, now),
    // One that would follow with the next backup, a little later, is done with this one.
    verify:
      verify?.every !== undefined && isDue(verify.every - Math.min(verify.every / 10, HOUR), verified, now),
  };
}

type Last = { readonly done?: { time: number } | undefined; readonly failed?: { time: number } | undefined };

function isDue(every: number, { done, failed }: Last = {}, now: number): boolean {
  const since = (time: number | undefined): number =>
    time === undefined || time > now + SKEW ? Number.POSITIVE_INFINITY : now - time;
  return since(done?.time) >= every && since(failed?.time) >= Math.min(every, RETRY);
}
