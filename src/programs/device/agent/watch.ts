import type { Clock } from '../../../lib/clock.ts';
import { BaseError } from '../../../lib/errors.ts';
import {
  describeCorrection,
  exchange,
  openLink,
  openOnline,
  openSession,
  ServerBusyError,
} from '../channel/index.ts';
import type { Home } from '../home/index.ts';
import { Bell } from './bell.ts';
import { Later } from './later.ts';

/** What the agent tells its log. Never secrets. */
export interface AgentEvent {
  readonly level: 'info' | 'warn';
  readonly code: string;
  readonly message: string;
}

export interface Watch {
  /** Something has changed here: look at once. */
  wake(): void;
  /** Resolves when both loops have ended. */
  readonly done: Promise<void>;
}

interface Watched {
  readonly home: Home;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: (event: AgentEvent) => void;
  /** Another policy is in force, or none any more. */
  readonly changed: () => void;
}

/** Without a word of the server, ask no more often than this, ms; policy says how often. */
const LEAST_REFRESH = 60_000;
/** Pauses after failures: from, to, ms. */
const PAUSE = [1_000, 5 * 60_000] as const;
/** Not enrolled: `enrol` wakes the agent; this is for one in another process, ms. */
const NOBODY = 60_000;

/** Keeps policy fresh: one loop fetches and sends, the other listens to the server and rings for the first. */
export function watchPolicy(watched: Watched): Watch {
  const due = new Bell();
  const changed = new Bell();
  const done = Promise.all([refreshLoop(watched, due), streamLoop(watched, due, changed)]).then(() => {});
  return {
    done,
    wake() {
      due.ring();
      changed.ring();
    },
  };
}

async function refreshLoop(watched: Watched, due: Bell): Promise<void> {
  let failures = 0;
  while (!watched.signal.aborted) {
    let next: number;
    try {
      next = await refreshOnce(watched);
      failures = 0;
    } catch (error) {
      next =
        explain(watched, 'REFRESH_FAILED', error) ??
        (error instanceof ServerBusyError ? error.after : pause(failures++));
    }
    await due.wait(next, watched.signal);
  }
}

/** @returns ms until the next regular one */
async function refreshOnce({ home, clock, signal, log, changed: tell }: Watched): Promise<number> {
  using session = await openOnline(home, clock, signal);
  // Nothing is kept waiting for a server that is busy: it is asked when it says.
  const server = openLink(session, { patience: 0 });
  const { changed, correction, refusal, ended, again } = await exchange(home, session, server, signal);
  if (correction) log({ level: 'warn', code: 'CLOCK_CORRECTED', message: describeCorrection(correction) });
  if (refusal)
    log({ level: 'warn', code: refusal.code, message: `a policy message was refused: ${refusal.message}` });
  if (changed) tell();
  if (ended) {
    log({ level: 'warn', code: 'DEVICE_ENDED', message: 'the server has ended this device' });
    return NOBODY;
  }
  const { seq } = session.enrolled();
  if (changed) log({ level: 'info', code: 'POLICY', message: `policy message ${seq} is in force` });
  if (again !== undefined) return again;
  return seq === 0 ? LEAST_REFRESH : Math.max(LEAST_REFRESH, session.memory.rules().refresh);
}

async function streamLoop(watched: Watched, due: Bell, changed: Bell): Promise<void> {
  let failures = 0;
  // Not that of one connection: what was told on it counts when it has gone.
  using later = new Later(() => due.ring());
  while (!watched.signal.aborted) {
    let next: number;
    try {
      await listen(watched, (spread) => {
        failures = 0;
        later.within(spread);
      });
      next = pause(failures++);
    } catch (error) {
      next = explain(watched, 'STREAM_BROKEN', error) ?? pause(failures++);
    }
    await changed.wait(next, watched.signal);
  }
}

/** An event is a wake-up only: what it announces is fetched, and proves itself (B3). */
async function listen({ home, clock, signal }: Watched, heard: (spread: number) => void): Promise<void> {
  using session = await openSession(home, clock);
  for await (const { seq, spread } of openLink(session).wakeups(session.enrolled().seq, signal)) {
    if (seq > session.enrolled().seq) heard(spread);
  }
}

/** How long to wait when there is nobody to ask for; otherwise undefined, and the failure is told. */
function explain({ signal, log }: Watched, code: string, error: unknown): number | undefined {
  if (signal.aborted) return 0;
  if (error instanceof BaseError && (error.code === 'ERR_NOT_ENROLLED' || error.code === 'ERR_DEVICE_ENDED'))
    return NOBODY;
  log({ level: 'warn', code, message: (error as Error).message });
  return undefined;
}

/** Doubles with each failure, and is never the same for a thousand devices that lost one server. */
const pause = (failures: number): number =>
  Math.min(PAUSE[1], PAUSE[0] * 2 ** failures) * (0.5 + Math.random());
