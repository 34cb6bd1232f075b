import type { Clock } from '../../../lib/clock.ts';
import { ServerError } from '../errors.ts';

const WINDOW = 60_000;
const MAX_FAILURES = 20;
/** Addresses remembered at most; when there are more, those of the oldest windows are forgotten. */
const MAX_ADDRESSES = 10_000;

export interface Attempts {
  /** @throws ServerError `ERR_TOO_MANY_ATTEMPTS` when this address failed too often within a minute */
  check(address: string): void;
  failed(address: string): void;
}

/** Counts failed attempts by address, in memory. What succeeds is never counted. */
export function attempts(clock: Clock): Attempts {
  const windows = new Map<string, { since: number; failures: number }>();
  return {
    check(address) {
      const window = windows.get(address);
      if (window === undefined || clock() - window.since >= WINDOW) return;
      if (window.failures < MAX_FAILURES) return;
      throw new ServerError('ERR_TOO_MANY_ATTEMPTS', 'too many failed attempts; wait a minute');
    },
    failed(address) {
      const now = clock();
      const window = windows.get(address);
      if (window !== undefined && now - window.since < WINDOW) {
        window.failures++;
        return;
      }
      windows.delete(address);
      windows.set(address, { since: now, failures: 1 });
      for (const oldest of windows.keys()) {
        if (windows.size <= MAX_ADDRESSES) break;
        windows.delete(oldest);
      }
    },
  };
}
