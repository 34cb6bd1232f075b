/** The file: one SQLite database, closed to others, that overwrites what it deletes. */
import { closeSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ProtectedMemoryError } from './errors.ts';

const LAYOUT = 1;

const schema = `
  CREATE TABLE compartment (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('active', 'ended')),
    server TEXT NOT NULL,
    user TEXT NOT NULL,
    enrolment TEXT NOT NULL,        -- JSON; once ended: server, user and device only
    seq INTEGER NOT NULL DEFAULT 0, -- of the message accepted last; 0 before the first
    iat INTEGER NOT NULL DEFAULT 0,
    exp INTEGER NOT NULL DEFAULT 0,
    hash TEXT,                      -- of that message's JWS
    acknowledgement TEXT,           -- sealed to the server
    grants TEXT NOT NULL DEFAULT '[]',
    report INTEGER NOT NULL DEFAULT 0,   -- highest report number
    revision INTEGER NOT NULL DEFAULT 0, -- grows with every acceptance
    ended INTEGER                   -- Unix ms
  ) STRICT;
  -- For now one enrolment at a time; the tables hold several.
  CREATE UNIQUE INDEX one_active ON compartment (state) WHERE state = 'active';
  CREATE TABLE section (
    compartment INTEGER NOT NULL REFERENCES compartment ON DELETE CASCADE,
    name TEXT NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL,
    text TEXT,                      -- not for the sections of keys: those lie in policy_key, one by one
    PRIMARY KEY (compartment, name)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE policy_key (
    compartment INTEGER NOT NULL REFERENCES compartment ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('encrypt', 'decrypt')),
    kid TEXT NOT NULL, position INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (compartment, role, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE message_key (
    compartment INTEGER NOT NULL REFERENCES compartment ON DELETE CASCADE,
    age INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (compartment, age)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE command (
    compartment INTEGER NOT NULL REFERENCES compartment ON DELETE CASCADE,
    id TEXT NOT NULL, result TEXT NOT NULL,
    PRIMARY KEY (compartment, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE keyring (
    compartment INTEGER NOT NULL REFERENCES compartment ON DELETE CASCADE,
    chain TEXT NOT NULL, state BLOB NOT NULL,
    PRIMARY KEY (compartment, chain)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pending (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL) STRICT;
  CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), highest INTEGER NOT NULL) STRICT;
  INSERT INTO clock VALUES (1, 0);
  CREATE TABLE clock_correction (
    id INTEGER PRIMARY KEY AUTOINCREMENT, before INTEGER NOT NULL, after INTEGER NOT NULL
  ) STRICT;
  PRAGMA user_version = ${LAYOUT};
`;

/** Opens the file, and makes it where there is none. @throws ProtectedMemoryError `ERR_PROTECTED_MEMORY` */
export function openDatabase(path: string): DatabaseSync {
  try {
    makePrivate(path);
    checkPrivate(path);
    const db = new DatabaseSync(path, { timeout: 10_000 });
    // A rollback journal, synced: after power loss there is the old state or the new one. What is deleted is
    // overwritten in the file; what the storage below keeps of the journal is out of our hands.
    db.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;');
    db.exec('PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;');
    transaction(db, () => layOut(db, path));
    return db;
  } catch (cause) {
    if (cause instanceof ProtectedMemoryError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unusable(`The protected memory ${path} cannot be opened: ${why}.`, { cause });
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

function layOut(db: DatabaseSync, path: string): void {
  const version = db.prepare('PRAGMA user_version').get()?.user_version;
  if (version === LAYOUT) return;
  if (version !== 0)
    throw unusable(`The protected memory ${path} was made by another version of this program.`);
  db.exec(schema);
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
  if (owner !== undefined && found.uid !== owner) {
    throw unusable(`The protected memory ${path} belongs to another user.`);
  }
  if ((found.mode & 0o077) !== 0) {
    throw unusable(
      `The protected memory ${path} is open to other users of this machine (chmod go-rwx ${path}).`,
    );
  }
}

const unusable = (message: string, options?: ErrorOptions) =>
  new ProtectedMemoryError('ERR_PROTECTED_MEMORY', message, options);
