import { open as openFile } from 'node:fs/promises';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement, type Transaction } from 'kysely';
import { ServerError } from '../errors.ts';
import { migrate } from './migrations.ts';
import type { Tables } from './tables.ts';

/** The database, or a transaction in it: every function of this folder takes either. */
export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;

/**
 * Opens the database at `path`, makes it when it is not there, and brings its schema up to date. One process at a
 * time: a second one is refused. @throws ServerError `ERR_SERVER_STATE`
 */
export async function openStore(path: string): Promise<Db> {
  const database = await open(path);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapter(database) }) });
  try {
    await migrate(db, path);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

async function open(path: string): Promise<DatabaseSync> {
  let database: DatabaseSync | undefined;
  try {
    // Before SQLite makes it: its companion files take over the mode.
    await (await openFile(path, 'a', 0o600)).close();
    database = new DatabaseSync(path, { timeout: 500 });
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      PRAGMA trusted_schema = OFF;
      PRAGMA secure_delete = ON;
      BEGIN IMMEDIATE; COMMIT;
    `);
    return database;
  } catch (cause) {
    if (database?.isOpen) database.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = reason.includes('locked') ? 'another server is running on it' : reason;
    throw new ServerError('ERR_SERVER_STATE', `cannot open ${path}: ${hint}`, { cause });
  }
}

/** node:sqlite as kysely wants it; statements are prepared once for each text. */
function adapter(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => {
      statements.clear();
      database.close();
    },
    prepare(sql) {
      let statement = statements.get(sql);
      if (statement === undefined) {
        statement = adaptStatement(database, sql);
        if (statements.size >= MAX_STATEMENTS) statements.clear();
        statements.set(sql, statement);
      }
      return statement;
    },
  };
}

/** Lists of varying length make texts of varying length: the cache is bounded. */
const MAX_STATEMENTS = 500;

function adaptStatement(database: DatabaseSync, sql: string): SqliteStatement {
  const statement = database.prepare(sql);
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}

function values(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value) => {
    if (value === null || typeof value === 'string' || typeof value === 'number') return value;
    if (typeof value === 'bigint' || value instanceof Uint8Array) return value;
    throw new TypeError(`a value of type ${typeof value} cannot be stored`);
  });
}
