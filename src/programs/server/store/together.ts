import { setTimeout as sleep } from 'node:timers/promises';
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
 * A transaction waits for others as many times longer as the last one took: where the disk is slow, more share a sync,
 * and it never takes more than a fifth of the time. ms at most.
 */
const WAITS = 4;
const LONGEST_WAIT = 20;

/**
 * Pieces of work that come at about the same time share a transaction, and so one sync to disk: a change for all
 * devices is hundreds of them. Each is done as a whole or not at all, whatever becomes of the others.
 */
export class Together {
  readonly #db: Db;
  readonly #waiting: Job[] = [];
  #running: Promise<void> | undefined;
  /** When the next one may begin. */
  #next = 0;

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
    do {
      // Whoever comes in this turn of the event loop shares, at least.
      await sleep(Math.max(0, this.#next - performance.now()));
      const began = performance.now();
      await this.#commit(this.#waiting.splice(0, MOST));
      const ended = performance.now();
      this.#next = ended + Math.min(LONGEST_WAIT, WAITS * (ended - began));
    } while (this.#waiting.length > 0);
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
