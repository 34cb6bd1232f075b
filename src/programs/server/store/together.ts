import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db, Tx } from './sqlite.ts';

interface Job {
  /** Settles nothing yet: what it gives back counts when all of it is on disk. */
  work(tx: Tx): Promise<() => void>;
  fail(error: unknown): void;
}

/** Pieces of work in one transaction at most. */
const MOST = 64;

/**
 * Pieces of work that come at about the same time share a transaction, and so one sync to disk: a change for all
 * devices is hundreds of them. Each is done as a whole or not at all, whatever becomes of the others.
 */
export class Together {
  readonly #db: Db;
  readonly #waiting: Job[] = [];
  #running: Promise<void> | undefined;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Durable when it resolves. */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        work: async (tx) => {
          const result = await work(tx);
          return () => resolve(result);
        },
        fail: reject,
      });
      this.#running ??= this.#drain();
    });
  }

  async #drain(): Promise<void> {
    // Whoever comes in this turn of the event loop shares.
    await setImmediate();
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, MOST));
    this.#running = undefined;
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    const outcomes: (() => void)[] = [];
    try {
      await this.#db.transaction().execute(async (tx) => {
        for (const job of jobs) outcomes.push(await apart(tx, job));
      });
    } catch (error) {
      for (const job of jobs) job.fail(error);
      return;
    }
    for (const settle of outcomes) settle();
  }
}

async function apart(tx: Tx, job: Job): Promise<() => void> {
  await sql`savepoint piece`.execute(tx);
  try {
    const done = await job.work(tx);
    await sql`release piece`.execute(tx);
    return done;
  } catch (error) {
    await sql`rollback to piece`.execute(tx);
    await sql`release piece`.execute(tx);
    return () => job.fail(error);
  }
}
