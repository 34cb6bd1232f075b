/**
 * Session: one restore at work in a directory, and whether it still is. Its temporary files share a part of their
 * names, and beside them lies an empty file that it keeps locked: the write lock of an SQLite database, which ends with
 * its process however that ends. What a killed restore left is so told from what another one is about to use.
 */
import { closeSync, lstatSync, openSync, readdirSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { removeOwn } from './directory.ts';
import { type BytePath, fromBytes, fsPath, join } from './path.ts';

const NAME = /^\.holdfast-([A-Za-z0-9_-]{16})-([0-9a-z]+)\.tmp$/;
/** The number of the lock file; others begin with 1. */
const LOCK = 0;

/** Left behind by a restore that was killed; never backed up. */
export const isTemporaryName = (name: BytePath): boolean => name.startsWith('.holdfast-') && NAME.test(name);

export const temporaryName = (session: string, number: number): BytePath =>
  `.holdfast-${session}-${number.toString(36)}.tmp`;

/** A session in a directory, for as long as it is at work there. */
export class SessionLock {
  readonly #path: BytePath;
  readonly #database: DatabaseSync | undefined;

  /** Where files cannot be locked there is no lock, and what was left is not removed by the next session. */
  constructor(directory: BytePath, session: string) {
    sweep(directory);
    this.#path = join(directory, temporaryName(session, LOCK));
    closeSync(openSync(fsPath(this.#path), 'wx', 0o600));
    this.#database = locked(this.#path);
    if (!this.#database) rmSync(fsPath(this.#path), { force: true });
  }

  /** After everything else of the session is gone. */
  release(): void {
    rmSync(fsPath(this.#path), { force: true });
    this.#database?.close();
  }
}

/** Removes what sessions left in a directory whose processes have died. Whatever is in doubt stays. */
export function sweep(directory: BytePath): void {
  const sessions = new Map<string, BytePath[]>();
  for (const name of names(directory)) {
    const [, session] = NAME.exec(name) ?? [];
    if (session !== undefined) sessions.set(session, [...(sessions.get(session) ?? []), name]);
  }
  for (const [session, left] of sessions) {
    const lock = temporaryName(session, LOCK);
    const path = join(directory, lock);
    if (!left.includes(lock) || !isLock(path)) continue;
    const database = locked(path);
    if (!database) continue;
    try {
      for (const name of [...left.filter((one) => one !== lock), lock]) remove(join(directory, name));
    } catch {
      // Not to be removed by this account: it stays.
    } finally {
      database.close();
    }
  }
}

function remove(path: BytePath): void {
  if (lstatSync(fsPath(path), { throwIfNoEntry: false })?.isDirectory()) removeOwn(path);
  else rmSync(fsPath(path), { force: true });
}

function names(directory: BytePath): BytePath[] {
  try {
    return readdirSync(fsPath(directory), { encoding: 'buffer' }).map(fromBytes);
  } catch {
    // Whoever writes there next will say what is wrong.
    return [];
  }
}

function isLock(path: BytePath): boolean {
  const found = lstatSync(fsPath(path), { throwIfNoEntry: false });
  return found?.isFile() === true && found.size === 0;
}

function locked(path: BytePath): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(fsPath(path), { timeout: 0 });
    // Nothing is ever written: a journal would only be a second file.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch {
    database?.close();
    return undefined;
  }
}
