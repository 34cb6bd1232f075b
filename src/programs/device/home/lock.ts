import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeviceError } from '../errors.ts';
import type { Home } from './home.ts';

/**
 * - `agent`: there is one agent. Held for as long as it runs.
 * - `run`: one backup or restore at a time.
 * - `policy`: messages are fetched, accepted and answered one after the other.
 * - `sources`: changes of the list of sources.
 * - `backups`: changes of the record of backups.
 */
export type LockName = 'agent' | 'run' | 'policy' | 'sources' | 'backups';

export interface LockOptions {
  /** What for: told to those who have to wait. */
  readonly task: string;
  /** How long to wait for it, in ms; default: not at all. */
  readonly wait?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Who had it last: told to the next, never trusted. */
interface Holder {
  readonly pid: number;
  readonly task: string;
}

/**
 * An exclusive lock between processes that ends with its holder, however that ends: the write lock of an empty
 * SQLite database, which is a lock of the operating system on that file. (A file with a process id in it would
 * outlive a crash, and process ids come again.) The lock files must never be opened by anything but SQLite:
 * closing any descriptor of such a file would end the lock of this process.
 */
export class Lock implements AsyncDisposable {
  #database: DatabaseSync | undefined;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @throws DeviceError `ERR_BUSY` when it is not to be had in time */
  static async take(home: Home, name: LockName, options: LockOptions): Promise<Lock> {
    const note = join(home.path, `${name}.holder`);
    const until = performance.now() + (options.wait ?? 0);
    for (;;) {
      options.signal?.throwIfAborted();
      const database = tryLock(join(home.path, `${name}.lock`));
      if (database) {
        leaveNote(note, { pid: process.pid, task: options.task });
        return new Lock(database);
      }
      if (performance.now() >= until) throw busy(home, note);
      await sleep(25);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
  }

  release(): void {
    this.#database?.close();
    this.#database = undefined;
  }
}

function tryLock(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw new DeviceError('ERR_STATE', `${path} cannot be locked: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

const SQLITE_BUSY = 5;

/** The lock is held without it, too: a full disk must not make it one that nobody can let go of. */
function leaveNote(path: string, holder: Holder): void {
  try {
    writeFileSync(path, JSON.stringify(holder), { mode: 0o600 });
  } catch {
    // Who has to wait hears of "another process".
  }
}

function busy(home: Home, note: string): DeviceError {
  let who = 'another process';
  try {
    const { pid, task } = JSON.parse(readFileSync(note, 'utf8')) as Holder;
    who = `process ${Number(pid)} (${String(task)})`;
  } catch {
    // Nobody has left a note: the message does without.
  }
  return new DeviceError('ERR_BUSY', `${who} is at work in ${home.path}; try again when it is done`);
}
