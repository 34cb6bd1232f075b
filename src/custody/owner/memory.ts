import type { DatabaseSync } from 'node:sqlite';
import { equalBytes } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';
import {
  followOwnerRecords,
  OwnerError,
  type OwnerRecord,
  openOwnerRecord,
  type TrustedOwnerRecord,
} from '../../policy/owner/index.ts';
import { openPrivateDatabase, transaction } from '../private-database/index.ts';
import { OwnerMemoryError } from './errors.ts';

const schema = `
  -- All versions that lead to the newest: another area needs them too.
  CREATE TABLE record (version INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE seen (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL) STRICT;
  INSERT INTO seen VALUES (1, 0);
  CREATE TABLE area (
    position INTEGER PRIMARY KEY, uri TEXT NOT NULL UNIQUE,
    append TEXT NOT NULL, read TEXT NOT NULL, expires INTEGER NOT NULL,
    shown INTEGER NOT NULL DEFAULT 0 -- newest version of the record that it has shown
  ) STRICT;
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

  /** The record that this device trusts: the newest; undefined before there is one. */
  known(): TrustedOwnerRecord | undefined {
    const bytes = [...this.records().values()].at(-1);
    return bytes && { ...openOwnerRecord(this.platform, bytes), bytes };
  }

  /** @throws OwnerMemoryError `ERR_NO_OWNER` */
  record(): OwnerRecord {
    const known = this.known();
    if (known) return known.record;
    throw new OwnerMemoryError('ERR_NO_OWNER', 'This device has no owner yet; run: holdfast device init.');
  }

  /** All records that are kept, by version, ascending. */
  records(): ReadonlyMap<number, Uint8Array> {
    const rows = this.#db.prepare('SELECT version, bytes FROM record ORDER BY version').all();
    return new Map(rows.map(({ version, bytes }) => [version as number, bytes as Uint8Array]));
  }

  /** When the newest record was seen last to be the newest, Unix ms. */
  seenAt(): number {
    return this.#db.prepare('SELECT at FROM seen').get()?.at as number;
  }

  /**
   * The records that lead to the one which is trusted: made here, or found by a way in.
   * @throws OwnerMemoryError `ERR_OWNER_KNOWN`
   */
  begin(records: ReadonlyMap<number, Uint8Array>, now: number): void {
    for (const bytes of records.values()) openOwnerRecord(this.platform, bytes);
    transaction(this.#db, () => {
      if (this.known()) throw new OwnerMemoryError('ERR_OWNER_KNOWN', 'This device has an owner already.');
      this.#keep(records, now);
    });
  }

  /**
   * What a storage area shows of the records: goes on from the known one as far as they lead.
   * @param area URI of one that this device has access to: what it has shown once it has to show again
   * @returns the one that counts now
   * @throws OwnerError, when something is wrong with them; then nothing has changed
   */
  async follow(shown: ReadonlyMap<number, Uint8Array>, now: number, area?: string): Promise<OwnerRecord> {
    const known = this.known();
    if (!known) return this.record();
    const before = area === undefined ? 0 : this.shownAt(area);
    if (before > 0 && !shown.has(before))
      throw new OwnerError(
        'ERR_OWNER_ROLLBACK',
        `${area} has shown owner record ${before}, and does not any more: what it shows is older, or not all.`,
      );
    const newest = Math.max(0, ...shown.keys());
    // An area that another device has not reached yet is behind, and has to be so on the same way.
    const trusted =
      newest < known.record.version ? this.#behind(shown, known) : await this.#ahead(shown, known);
    const { version } = known.record;
    const more = new Map([...shown].filter(([one]) => one > version && one <= trusted.record.version));
    const since = [...more.values()].map((bytes) => openOwnerRecord(this.platform, bytes).record);
    transaction(this.#db, () => {
      this.#keep(more, now);
      // What a way in could open that was taken out, it goes on opening: nothing more is sealed under those data keys.
      if (takenOut([known.record, ...since], trusted.record)) this.#db.exec('DELETE FROM keyring');
      if (area !== undefined)
        this.#db.prepare('UPDATE area SET shown = max(shown, ?) WHERE uri = ?').run(newest, area);
    });
    return trusted.record;
  }

  #ahead(shown: ReadonlyMap<number, Uint8Array>, { bytes }: TrustedOwnerRecord): Promise<TrustedOwnerRecord> {
    return followOwnerRecords(this.platform, shown, { kind: 'record', bytes });
  }

  #behind(shown: ReadonlyMap<number, Uint8Array>, known: TrustedOwnerRecord): TrustedOwnerRecord {
    const own = this.records();
    for (const [version, bytes] of shown) {
      const mine = own.get(version);
      if (mine && !equalBytes(mine, bytes))
        throw new OwnerError(
          'ERR_OWNER_FORKED',
          `Owner record ${version} is not the one that this device knows.`,
        );
    }
    return known;
  }

  /** The newest version that an area has shown; 0 before it has shown one. */
  shownAt(area: string): number {
    const row = this.#db.prepare('SELECT shown FROM area WHERE uri = ?').get(area);
    return typeof row?.shown === 'number' ? row.shown : 0;
  }

  #keep(records: ReadonlyMap<number, Uint8Array>, now: number): void {
    const keep = this.#db.prepare('INSERT OR REPLACE INTO record VALUES (?, ?)');
    for (const [version, bytes] of records) keep.run(version, bytes);
    this.#db.prepare('UPDATE seen SET at = max(at, ?)').run(now);
  }

  /** The first one is where backups go unless told. */
  grants(): readonly OwnerGrant[] {
    return this.#db
      .prepare('SELECT uri AS area, append, read, expires FROM area ORDER BY position')
      .all()
      .map((row) => ({ ...row }) as unknown as OwnerGrant);
  }

  /** Renewed in its place, or added at the end. */
  keepGrant({ area, append, read, expires }: OwnerGrant): void {
    this.#db
      .prepare(
        `INSERT INTO area (uri, append, read, expires) VALUES (?, ?, ?, ?)
         ON CONFLICT (uri) DO UPDATE SET append = excluded.append, read = excluded.read, expires = excluded.expires`,
      )
      .run(area, append, read, expires);
  }

  /** What an area shows is remembered, though no way in gave access to it: a server does. */
  watch(area: string): void {
    this.#db
      .prepare("INSERT OR IGNORE INTO area (uri, append, read, expires) VALUES (?, '', '', 0)")
      .run(area);
  }

  /** From now on the first. @returns whether it is there */
  putFirst(area: string): boolean {
    const least = '(SELECT min(position) - 1 FROM area)';
    return this.#db.prepare(`UPDATE area SET position = ${least} WHERE uri = ?`).run(area).changes > 0;
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

/** Whether one of these records has a way in that the newest does not have any more. */
function takenOut(records: readonly OwnerRecord[], newest: OwnerRecord): boolean {
  const left = new Set(newest.ways.map(({ decipher }) => JSON.stringify(decipher)));
  return records.some(({ ways }) => ways.some(({ decipher }) => !left.has(JSON.stringify(decipher))));
}
