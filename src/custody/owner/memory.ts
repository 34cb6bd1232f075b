import type { DatabaseSync } from 'node:sqlite';
import type { Platform } from '../../platform/index.ts';
import {
  followOwnerRecords,
  type OwnerRecord,
  openOwnerRecord,
  type TrustedOwnerRecord,
} from '../../policy/owner/index.ts';
import { openPrivateDatabase, transaction } from '../private-database/index.ts';
import { OwnerMemoryError } from './errors.ts';

const schema = `
  CREATE TABLE record (id INTEGER PRIMARY KEY CHECK (id = 1), bytes BLOB NOT NULL, seen INTEGER NOT NULL) STRICT;
  CREATE TABLE area (
    uri TEXT PRIMARY KEY, append TEXT NOT NULL, read TEXT NOT NULL, expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE keyring (chain TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT, WITHOUT ROWID;
`;

export interface OwnerMemoryOptions {
  /** The database file; its folder must exist and be closed to others. */
  readonly file: string;
  readonly platform: Platform;
}

/** Access to a storage area, as a way in gave it. */
export interface OwnerGrant {
  /** URI of the area, without a place. */
  readonly area: string;
  /** Compact JWTs. */
  readonly append: string;
  readonly read: string;
  /** Unix ms. */
  readonly expires: number;
}

export class OwnerMemory {
  readonly platform: Platform;
  readonly #db: DatabaseSync;

  /** @throws OwnerMemoryError `ERR_OWNER_MEMORY` */
  constructor({ file, platform }: OwnerMemoryOptions) {
    this.platform = platform;
    try {
      this.#db = openPrivateDatabase(file, { version: 1, schema });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new OwnerMemoryError('ERR_OWNER_MEMORY', `${file} cannot be used: ${why}.`, { cause });
    }
  }

  close(): void {
    this.#db.close();
  }

  /** The record that this device trusts; undefined before there is one. */
  known(): TrustedOwnerRecord | undefined {
    const row = this.#db.prepare('SELECT bytes FROM record').get();
    if (!(row?.bytes instanceof Uint8Array)) return undefined;
    return { ...openOwnerRecord(this.platform, row.bytes), bytes: row.bytes };
  }

  /** @throws OwnerMemoryError `ERR_NO_OWNER` */
  record(): OwnerRecord {
    const known = this.known();
    if (known) return known.record;
    throw new OwnerMemoryError('ERR_NO_OWNER', 'This device has no owner yet; run: holdfast device init.');
  }

  /** When the record was seen last to be the newest, Unix ms. */
  seenAt(): number {
    const row = this.#db.prepare('SELECT seen FROM record').get();
    return typeof row?.seen === 'number' ? row.seen : 0;
  }

  /** The first record: made here, or trusted by a way in. @throws OwnerMemoryError `ERR_OWNER_KNOWN` */
  begin(bytes: Uint8Array, now: number): void {
    openOwnerRecord(this.platform, bytes);
    transaction(this.#db, () => {
      if (this.known()) throw new OwnerMemoryError('ERR_OWNER_KNOWN', 'This device has an owner already.');
      this.#db.prepare('INSERT INTO record VALUES (1, ?, ?)').run(bytes, now);
    });
  }

  /**
   * What a storage shows of the records: goes on from the known one as far as they lead.
   * @returns the one that counts now
   * @throws OwnerError, when something is wrong with them; then nothing has changed
   */
  async follow(shown: ReadonlyMap<number, Uint8Array>, now: number): Promise<OwnerRecord> {
    const known = this.known();
    if (!known) return this.record();
    const newest = await followOwnerRecords(this.platform, shown, { kind: 'record', bytes: known.bytes });
    this.#db.prepare('UPDATE record SET bytes = ?, seen = max(seen, ?)').run(newest.bytes, now);
    return newest.record;
  }

  grants(): readonly OwnerGrant[] {
    return this.#db
      .prepare('SELECT uri AS area, append, read, expires FROM area ORDER BY uri')
      .all()
      .map((row) => ({ ...row }) as unknown as OwnerGrant);
  }

  keepGrant({ area, append, read, expires }: OwnerGrant): void {
    this.#db.prepare('INSERT OR REPLACE INTO area VALUES (?, ?, ?, ?)').run(area, append, read, expires);
  }

  /** @returns whether there was one */
  dropGrant(area: string): boolean {
    return this.#db.prepare('DELETE FROM area WHERE uri = ?').run(area).changes > 0;
  }

  keyring(chain: string): Uint8Array | undefined {
    const row = this.#db.prepare('SELECT state FROM keyring WHERE chain = ?').get(chain);
    return row?.state instanceof Uint8Array ? row.state : undefined;
  }

  keepKeyring(chain: string, state: Uint8Array): void {
    this.#db.prepare('INSERT OR REPLACE INTO keyring VALUES (?, ?)').run(chain, state);
  }

  /** The data keys of a chain are not needed any more. */
  forgetKeyring(chain: string): void {
    this.#db.prepare('DELETE FROM keyring WHERE chain = ?').run(chain);
  }
}
