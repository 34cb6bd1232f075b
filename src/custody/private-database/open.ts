import { closeSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export interface Layout {
  readonly version: number;
  /** Makes the tables of this version. */
  readonly schema: string;
}

/** Opens the file, and makes it where there is none. @throws Error that says why not, for people */
export function openPrivateDatabase(path: string, layout: Layout): DatabaseSync {
  makePrivate(path);
  checkPrivate(path);
  const db = new DatabaseSync(path, { timeout: 10_000 });
  try {
    // A rollback journal, synced: after power loss there is the old state or the new one. What is deleted is
    // overwritten in the file; what the storage below keeps of the journal is out of our hands.
    db.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;');
    db.exec('PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;');
    transaction(db, () => layOut(db, layout));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** All of it, or nothing. Waits for other processes. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function layOut(db: DatabaseSync, { version, schema }: Layout): void {
  const found = db.prepare('PRAGMA user_version').get()?.user_version;
  if (found === version) return;
  if (found !== 0) throw new Error('it was made by another version of this program');
  db.exec(schema);
  db.exec(`PRAGMA user_version = ${version}`);
}

/** Before SQLite makes it with the mode of the process; the journal takes the mode of the file. */
function makePrivate(path: string): void {
  try {
    // Only when it is not there: closing a second descriptor would end the locks that SQLite holds on the file.
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function checkPrivate(path: string): void {
  if (process.platform === 'win32') return;
  const found = statSync(path);
  const owner = process.getuid?.();
  if (owner !== undefined && found.uid !== owner) throw new Error('it belongs to another user');
  if ((found.mode & 0o077) !== 0)
    throw new Error(`it is open to other users of this machine (chmod go-rwx ${path})`);
}
