/** The file of protected memory: its tables. */
import type { DatabaseSync } from 'node:sqlite';
import { openPrivateDatabase } from '../private-database/index.ts';
import { ProtectedMemoryError } from './errors.ts';

export { transaction } from '../private-database/index.ts';

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
`;

/** Opens the file, and makes it where there is none. @throws ProtectedMemoryError `ERR_PROTECTED_MEMORY` */
export function openDatabase(path: string): DatabaseSync {
  try {
    return openPrivateDatabase(path, { version: 1, schema });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ProtectedMemoryError(
      'ERR_PROTECTED_MEMORY',
      `The protected memory ${path} cannot be opened: ${why}.`,
      {
        cause,
      },
    );
  }
}
