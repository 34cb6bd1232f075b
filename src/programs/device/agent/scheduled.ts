/** The schedule as the agent keeps it: what policy says, what is recorded, and backups like those asked for by hand. */
import { callDevice, type Upcoming } from '../../../api/device/index.ts';
import { ProblemError } from '../../../api/problem/index.ts';
import {
  areaName,
  keepSchedule,
  machineHold,
  pastOf,
  type RunEnd,
  readRecord,
  type Wanted,
} from '../schedule/index.ts';
import { listSources } from '../source-book.ts';
import { held } from '../standing/index.ts';
import { Bell } from './bell.ts';
import type { Keeper } from './keeper.ts';
import { keepUp } from './upkeep.ts';

export interface Scheduled {
  /** Policy, sources or enrolment have changed: look at once. */
  wake(): void;
  upcoming(): Upcoming;
  /** Did the end of the agent cut a backup short? The next agent goes on with it. */
  interrupted(): boolean;
  readonly done: Promise<void>;
}

export function keepScheduled(keeper: Keeper): Scheduled {
  const { clock, signal, log } = keeper;
  const bell = new Bell();
  let upcoming: Upcoming = { kind: 'none', reason: 'no-schedule' };
  let interrupted = false;
  let trouble: string | undefined;
  const done = keepSchedule({
    ...{ clock, signal },
    steady: () => performance.now(),
    wait: (ms) => bell.wait(ms, signal),
    look: async () => {
      try {
        const wanted = await look(keeper);
        trouble = undefined;
        return wanted;
      } catch (error) {
        const { message } = error as Error;
        if (message !== trouble) log({ level: 'warn', code: 'SCHEDULE_UNREADABLE', message });
        trouble = message;
        return { kind: 'none', reason: 'no-schedule' };
      }
    },
    hold: () => machineHold(),
    run: async (destination, why) => {
      const end = await run(keeper, destination, why);
      if (end === 'done') await keepUp(keeper, destination);
      interrupted ||= end === 'interrupted';
      return end === 'interrupted' ? 'failed' : end;
    },
    tell: (next) => {
      if (next.kind === 'held' && upcoming.kind !== 'held')
        log({
          level: 'info',
          code: 'BACKUP_HELD',
          message: `a backup is due, but waits: ${heldBy[next.hold]}`,
        });
      upcoming = next;
    },
  });
  return { wake: () => bell.ring(), upcoming: () => upcoming, interrupted: () => interrupted, done };
}

const heldBy = { battery: 'the battery is low', metered: 'the network is metered' } as const;

async function look({ home, clock }: Keeper): Promise<Wanted> {
  const inForce = await held({ home, clock });
  if (!inForce) return { kind: 'none', reason: 'not-enrolled' };
  const { schedule, destinations } = inForce.rules;
  const [first] = destinations;
  if (schedule.every === undefined) return { kind: 'none', reason: 'no-schedule' };
  if (!first) return { kind: 'none', reason: 'no-destination' };
  if ((await listSources(home)).length === 0) return { kind: 'none', reason: 'no-sources' };
  const destination = first.area;
  return {
    kind: 'schedule',
    ...{ device: inForce.device, destination, every: schedule.every },
    past: pastOf((await readRecord(home))[areaName(destination)!]),
  };
}

async function run(
  { transport, signal, log }: Keeper,
  destination: string,
  why: string,
): Promise<RunEnd | 'interrupted'> {
  log({ level: 'info', code: 'BACKUP_BEGINS', message: `a backup to ${destination} begins (${why})` });
  try {
    const { set, complete, leftOutCount } = await callDevice(
      transport,
      'backup',
      { to: destination },
      {
        signal,
        onEvent: (event) => {
          if (event.kind === 'notice') log({ level: 'warn', code: event.code, message: event.message });
        },
      },
    );
    const rest = complete ? '' : `, but not everything: ${leftOutCount} left out, see holdfast device status`;
    const level = complete ? 'info' : 'warn';
    log({ level, code: 'BACKUP_DONE', message: `set ${set?.set ?? '-'} is stored${rest}` });
    return 'done';
  } catch (error) {
    const { message } = error as Error;
    if (signal.aborted) return 'interrupted';
    if (error instanceof ProblemError && error.code === 'ERR_BUSY') return 'busy';
    log({ level: 'warn', code: 'BACKUP_FAILED', message });
    return 'failed';
  }
}
