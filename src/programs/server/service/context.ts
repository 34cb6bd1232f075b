import type { Clock } from '../../../lib/clock.ts';
import type { Platform } from '../../../platform/index.ts';
import type { ServerIdentity } from '../../../policy/message/index.ts';
import type { Sealer } from '../keys/index.ts';
import type { Db, Together } from '../store/index.ts';
import type { Allowance } from './allowance.ts';

/** What every service works with. */
export interface Context {
  readonly db: Db;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly sealer: Sealer;
  /** 32 bytes: identity and the policy key pairs of all devices derive from it. Whoever has it is this server. */
  readonly root: Uint8Array;
  readonly identity: ServerIdentity;
  /** Origin and path prefix by which devices reach this server, without trailing slash. */
  readonly url: string;
  readonly log: Log;
  /** Says that something may have changed for these devices; returns at once. */
  readonly wake: (devices: readonly string[]) => void;
  /** The sequence for a message to a device whose content is read from now on; it is above `above`. */
  readonly reserve: (device: string, above: number) => number;
  /** For what is done for many devices at once: shares a transaction with the others. */
  readonly together: Together;
  /** What a device may make the audit log grow by, and how many grants to delete it gets. */
  readonly noted: Allowance;
  readonly deletions: Allowance;
  /** How often a device may share, or ask for access to a share. */
  readonly shares: Allowance;
  /** Runs one piece of work after the other for each key: a device, a code. */
  readonly serial: Serial;
}

/** The part of a pino logger that services use. Never secrets, never sealed messages. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type Serial = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Work for one key waits for the work before it, whether that failed or not. */
export function serial(): Serial {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work, work);
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}
