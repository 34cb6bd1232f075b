/** The loop that keeps the schedule. Clock, timers and everything it does are given to it. */
import type { Hold, PlanReason, Upcoming } from '../../../api/device/index.ts';
import type { Clock } from '../../../lib/clock.ts';
import { type Past, planRun, shareOf } from './plan.ts';

type Idle = Extract<Upcoming, { kind: 'none' }>;

/** What is to be kept now, looked up anew each time: policies, sources and the record change. */
export type Wanted =
  | Idle
  | {
      readonly kind: 'schedule';
      readonly device: string;
      readonly destination: string;
      /** ms */
      readonly every: number;
      readonly past: Past;
    };

/** How a run ended, as far as it matters when the next one is. What it did is in the record. */
export type RunEnd = 'done' | 'failed' | 'busy';

export interface Keeping {
  readonly clock: Clock;
  /** ms by a clock that nobody sets, and that stands still or not while the machine sleeps. */
  readonly steady: () => number;
  /** Resolves after `ms`, or sooner when something has changed, or when `signal` aborts. */
  readonly wait: (ms: number) => Promise<void>;
  readonly signal: AbortSignal;
  readonly look: () => Promise<Wanted>;
  readonly hold: () => Promise<Hold | undefined>;
  readonly run: (destination: string, why: PlanReason) => Promise<RunEnd>;
  readonly tell: (upcoming: Upcoming) => void;
}

/** It never waits longer without looking again: clocks are set, machines sleep, timers stand still meanwhile, ms. */
const LOOK = 5 * 60_000;
/** When another run is at it, and when a run left no trace in the record, ms. */
const BREATH = 60_000;
/** By so much may the two clocks differ between two looks, ms. */
const JUMP = 30_000;

/** Runs backups by the schedule until `signal` aborts. */
export async function keepSchedule(keeping: Keeping): Promise<void> {
  const { clock, steady, signal } = keeping;
  let looked = { clock: clock(), steady: steady() };
  let since = looked.clock;
  let schedule = '';
  let free = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const now = { clock: clock(), steady: steady() };
    // The machine slept, or its clock was set: what was missed is not all due at this very moment.
    if (Math.abs(now.clock - looked.clock - (now.steady - looked.steady)) > JUMP) since = now.clock;
    looked = now;

    const wanted = await keeping.look();
    if (wanted.kind === 'none') {
      schedule = '';
      keeping.tell(wanted);
      await keeping.wait(LOOK);
      continue;
    }
    const { device, destination, every, past } = wanted;
    // It came to many devices with one message: each begins at its own moment.
    if (schedule !== `${every} ${destination}`) since = now.clock;
    schedule = `${every} ${destination}`;

    const plan = planRun({ every, share: shareOf(device), past, since, now: now.clock });
    const time = Math.max(plan.at, Math.ceil(now.clock + free - now.steady));
    if (time > now.clock) {
      keeping.tell({ kind: 'at', time, why: plan.why });
      await keeping.wait(Math.min(time - now.clock, LOOK));
      continue;
    }
    const hold = await keeping.hold();
    if (hold) {
      keeping.tell({ kind: 'held', hold });
      await keeping.wait(LOOK);
      continue;
    }
    keeping.tell({ kind: 'running', started: now.clock });
    const end = await keeping.run(destination, plan.why);
    free = steady() + (end === 'busy' ? BREATH : Math.min(BREATH, every));
  }
}
