import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StateError } from './errors.ts';

export interface Layout {
  readonly version: number;
  /** Makes the tables of this version where they are not there. */
  readonly schema: string;
}

/** Opens a database of this device: durable at each commit, readable by its owner only. */
export function openDatabase(path: string, { version, schema }: Layout): DatabaseSync {
  // Titles and names lie in it in the clear; the files beside it take its mode.
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600));
  const db = new DatabaseSync(path, { timeout: 10_000 });
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;');
  // In this order: another process may make them right now, version and all.
  const made = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()!.tables !== 0;
  const found = db.prepare('PRAGMA user_version').get()!.user_version;
  if (made && found !== version) {
    db.close();
    throw new StateError(
      `${path} was made by another version of this program: move it away; what it remembers is found again at the destination`,
    );
  }
  if (!made) transaction(db, () => db.exec(`${schema} PRAGMA user_version = ${version};`));
  return db;
}

/** In memory; what does not fit lies in a file without a name, gone when it is closed (SQLite, "Temporary Files"). */
export function temporaryDatabase(schema: string): DatabaseSync {
  const db = new DatabaseSync('');
  db.exec(schema);
  return db;
}

/** Runs `work` in one transaction: all of it happens, or nothing. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    if (!(result instanceof Promise)) {
      db.exec('COMMIT');
      return result;
    }
    return result.then(
      (value) => {
        db.exec('COMMIT');
        return value;
      },
      (error) => {
        rollBack(db);
        throw error;
      },
    ) as T;
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

/** On a full or failing disk SQLite has rolled back by itself already. */
function rollBack(db: DatabaseSync): void {
  if (db.isTransaction) db.exec('ROLLBACK');
}
