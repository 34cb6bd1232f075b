/** When the next backup by schedule begins: a function of what is known, without clock, timers or files. */
import { createHash } from 'node:crypto';
import type { PlanReason } from '../../../api/device/index.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Devices that were told the same at the same moment do not all come at once: up to a tenth of `every`, or this, ms. */
const JITTER = 15 * MINUTE;
/** A time that was missed is made up for within this after waking: the network comes first, and others wake too. */
const SETTLE = 2 * MINUTE;
/** Pauses after failures: from, to, ms. */
const PAUSE = [MINUTE, 60 * MINUTE] as const;
/** A recorded time so far ahead says that the clock was set back since. */
const SKEW = 5 * MINUTE;

/** What is known of the backups to one destination. Times are Unix ms. */
export interface Past {
  /** Regular times are whole multiples of `every` away from it: the start of the first success. */
  readonly anchor?: number | undefined;
  /** End of the last success. */
  readonly succeeded?: number | undefined;
  /** The last attempt, when it is later than the last success. `ended` is missing when its process ended first. */
  readonly attempt?:
    | { readonly started: number; readonly ended?: number | undefined; readonly interrupted: boolean }
    | undefined;
  /** Attempts since the last success that began and did not succeed; one that was stopped does not count. */
  readonly failures: number;
}

export interface PlanInput {
  /** What policy says, ms. */
  readonly every: number;
  /** The device's place among all, 0 to 1; see {@link shareOf}. */
  readonly share: number;
  readonly past: Past;
  /** Since when somebody has been watching: the agent started, the machine woke, or the schedule changed. */
  readonly since: number;
  readonly now: number;
}

export interface Plan {
  /** Unix ms; now or earlier: at once. */
  readonly at: number;
  readonly why: PlanReason;
}

/** The next backup to one destination. */
export function planRun({ every, share, past, since, now }: PlanInput): Plan {
  const limit = now + SKEW;
  const anchor = past.anchor ?? past.succeeded ?? past.attempt?.started ?? now;
  const regular = (after: number): number => nextRegular(anchor, every, share, after);
  // What was recorded under a clock that ran ahead tells nothing: as if it had not been.
  const succeeded = within(past.succeeded, limit);
  const { attempt } = past;
  const ended = within(attempt?.ended ?? attempt?.started, limit);
  const next: Plan =
    succeeded === undefined
      ? { at: Number.NEGATIVE_INFINITY, why: past.succeeded === undefined ? 'first' : 'missed' }
      : { at: regular(succeeded), why: 'regular' };
  const planned =
    attempt && ended !== undefined
      ? afterAttempt({ ended, interrupted: attempt.interrupted }, past.failures, next, regular, since)
      : next;
  return afterMiss(planned, share, every, since);
}

/** The last attempt did not succeed: tried again with growing pauses, at the latest at the next regular time. */
function afterAttempt(
  { ended, interrupted }: { readonly ended: number; readonly interrupted: boolean },
  failures: number,
  next: Plan,
  regular: (after: number) => number,
  since: number,
): Plan {
  // Cut short by the end of the agent or the machine, not by somebody who is here and did not want it now.
  if (interrupted && ended < since) return { at: Number.NEGATIVE_INFINITY, why: 'resume' };
  const again = ended + pauseAfter(interrupted ? failures + 1 : failures);
  if (interrupted) return { at: Math.max(next.at, again), why: next.why };
  const at = Math.min(again, regular(ended));
  return { at, why: at === again ? 'retry' : 'regular' };
}

/** However many times were missed, it runs once, soon. */
function afterMiss(plan: Plan, share: number, every: number, since: number): Plan {
  if (plan.at >= since) return plan;
  const why = plan.why === 'regular' ? 'missed' : plan.why;
  return { at: since + Math.floor(share * Math.min(every / 10, SETTLE)), why };
}

/** The first regular time after `after`; one that would follow right upon it is left out. */
function nextRegular(anchor: number, every: number, share: number, after: number): number {
  const first = anchor + Math.floor(share * Math.min(every / 10, JITTER));
  return first + Math.ceil((after + every / 10 - first) / every) * every;
}

/** 1 minute, then twice as long each time, at most an hour. */
export const pauseAfter = (failures: number): number =>
  Math.min(PAUSE[1], PAUSE[0] * 2 ** Math.max(0, failures - 1));

const within = (time: number | undefined, limit: number): number | undefined =>
  time !== undefined && time <= limit ? time : undefined;

/** Where a device stands among all, 0 to 1: always the same for one device. */
export const shareOf = (device: string): number =>
  createHash('sha256').update(device).digest().readUInt32BE() / 2 ** 32;
