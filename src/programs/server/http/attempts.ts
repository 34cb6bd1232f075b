import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import { ServerError } from '../errors.ts';

const WINDOW = 60_000;
const MAX_FAILURES = 20;
/** So many have a counter of their own; beyond that, newcomers share these. */
const MAX_OWN = 10_000;
const SHARED = 1024;

interface Window {
  readonly since: number;
  failures: number;
}

export interface Attempts {
  /** @throws ServerError `ERR_TOO_MANY_ATTEMPTS` when it failed too often within a minute */
  check(who: string): void;
  failed(who: string): void;
  /** Counters held. */
  readonly size: number;
}

/**
 * Counts failed attempts, in memory. What succeeds is never counted. A counter stays until its minute is over, however
 * many others fail meanwhile: a flood must not make forget who failed before. Those for whom there is no room are counted
 * together, in groups that nobody can choose.
 */
export function attempts(clock: Clock): Attempts {
  const own = new Map<string, Window>();
  const shared = new Map<number, Window>();
  const seed = randomBytes(16).toString('hex');
  const group = (who: string): number =>
    Number.parseInt(hash('sha256', `${seed} ${who}`, 'hex').slice(0, 8), 16) % SHARED;

  /** Windows stand in the order in which they began. */
  const forget = (now: number): void => {
    for (const [who, { since }] of own) {
      if (now - since < WINDOW) break;
      own.delete(who);
    }
  };
  const alone = (who: string): boolean => own.has(who) || own.size < MAX_OWN;

  return {
    get size() {
      return own.size + shared.size;
    },
    check(who) {
      const now = clock();
      forget(now);
      const window = alone(who) ? own.get(who) : shared.get(group(who));
      if (window === undefined || now - window.since >= WINDOW) return;
      if (window.failures < MAX_FAILURES) return;
      throw new ServerError('ERR_TOO_MANY_ATTEMPTS', 'too many failed attempts; wait a minute');
    },
    failed(who) {
      const now = clock();
      forget(now);
      if (alone(who)) count(own, who, now);
      else count(shared, group(who), now);
    },
  };
}

function count<K>(windows: Map<K, Window>, key: K, now: number): void {
  const window = windows.get(key);
  if (window !== undefined && now - window.since < WINDOW) {
    window.failures++;
    return;
  }
  windows.delete(key);
  windows.set(key, { since: now, failures: 1 });
}
