import type { DatabaseSync } from 'node:sqlite';
import type {
  CatalogueRun,
  Change,
  KnownItem,
  PartKeys,
  RunResult,
  UnitKey,
  UnitSegment,
} from '../backup/index.ts';
import { mergeChanges, readChanges } from '../backup/index.ts';
import { ByteReader } from '../lib/binary.ts';
import { compareBytes } from '../lib/bytes.ts';
import { readTable, type SegmentTable } from '../set/index.ts';
import { PageWriter, readPage } from './pages.ts';
import { insertKeys, insertSegment, nextSegment, saveResult, unitId } from './rows.ts';
import { transaction } from './sqlite.ts';

/** The unfinished run of a destination: at most one. */
export class SqliteRun implements CatalogueRun {
  readonly set: string;
  readonly #db: DatabaseSync;
  readonly #destination: string;
  readonly #generation: number;
  #next: number;

  private constructor(db: DatabaseSync, destination: string, set: string, generation: number) {
    this.#db = db;
    this.#destination = destination;
    this.set = set;
    this.#generation = generation;
    this.#next = nextSegment(db);
  }

  static begin(
    db: DatabaseSync,
    destination: string,
    wanted: { chain: string; keyring: string; newSet: () => string },
  ): SqliteRun {
    return transaction(db, () => {
      const row = db.prepare('SELECT * FROM run WHERE destination = ?').get(destination);
      if (row && row.chain === wanted.chain && row.keyring === wanted.keyring && row.manifest === null) {
        const generation = Number(row.generation) + 1;
        db.prepare('UPDATE run SET generation = ? WHERE destination = ?').run(generation, destination);
        db.prepare('DELETE FROM draft WHERE destination = ? AND generation < ?').run(
          destination,
          generation - 1,
        );
        return new SqliteRun(db, destination, row.backup_set as string, generation);
      }
      forget(db, destination);
      const set = wanted.newSet();
      db.prepare(
        'INSERT INTO run (destination, chain, keyring, backup_set, generation) VALUES (?, ?, ?, ?, 1)',
      ).run(destination, wanted.chain, wanted.keyring, set);
      return new SqliteRun(db, destination, set, 1);
    });
  }

  /** A run whose manifest was ready when it broke off. */
  static resume(db: DatabaseSync, destination: string): SqliteRun | undefined {
    const row = db
      .prepare('SELECT backup_set, generation FROM run WHERE destination = ? AND manifest IS NOT NULL')
      .get(destination);
    return row && new SqliteRun(db, destination, row.backup_set as string, Number(row.generation));
  }

  nextSegment(): number {
    return this.#next++;
  }

  segments(): SegmentTable[] {
    return this.#db
      .prepare('SELECT table_bytes FROM segment WHERE destination = ? AND run = ? ORDER BY number')
      .all(this.#destination, this.set)
      .map((row) => readTable(new ByteReader(row.table_bytes as Uint8Array)));
  }

  record(
    segments: readonly UnitSegment[],
    changes: readonly { readonly unit: UnitKey; readonly changes: Uint8Array }[],
  ): void {
    transaction(this.#db, () => {
      for (const { unit, number, table } of segments)
        insertSegment(this.#db, this.#destination, this.set, this.#unitId(unit), number, table);
      const insert = this.#db.prepare(
        'INSERT INTO draft (destination, unit, generation, changes) VALUES (?, ?, ?, ?)',
      );
      for (const { unit, changes: bytes } of changes)
        insert.run(this.#destination, this.#unitId(unit), this.#generation, bytes);
    });
  }

  earlier(unit: UnitKey): Iterable<Change> {
    return this.#drafts(unit, this.#generation - 1);
  }

  changes(unit: UnitKey): Iterable<Change> {
    return this.#drafts(unit, this.#generation);
  }

  *#drafts(unit: UnitKey, generation: number): Generator<Change> {
    const next = this.#db.prepare(
      'SELECT id, changes FROM draft WHERE destination = ? AND unit = ? AND generation = ? AND id > ? ORDER BY id LIMIT 1',
    );
    const id = this.#unitId(unit);
    for (let after = 0; ; ) {
      const row = next.get(this.#destination, id, generation, after);
      if (!row) return;
      yield* readChanges(row.changes as Uint8Array);
      after = Number(row.id);
    }
  }

  prepare(name: string, bytes: Uint8Array, result: RunResult, keys: readonly PartKeys[]): void {
    transaction(this.#db, () => {
      this.#db
        .prepare('UPDATE run SET manifest_name = ?, manifest = ?, result = ? WHERE destination = ?')
        .run(name, bytes, JSON.stringify(result), this.#destination);
      for (const { unit, keys: of } of keys) insertKeys(this.#db, this.#unitId(unit), this.set, of);
    });
  }

  commit(): void {
    transaction(this.#db, () => {
      const row = this.#db.prepare('SELECT result FROM run WHERE destination = ?').get(this.#destination);
      const result = JSON.parse(row!.result as string) as RunResult;
      for (const unit of result.units) this.#applyChanges(unit);
      saveResult(this.#db, this.#destination, result, [result.state.last]);
      this.#db
        .prepare('UPDATE segment SET run = NULL WHERE destination = ? AND run = ?')
        .run(this.#destination, this.set);
      forget(this.#db, this.#destination);
    });
  }

  discard(unit: UnitKey): void {
    this.#db
      .prepare('DELETE FROM draft WHERE destination = ? AND unit = ? AND generation = ?')
      .run(this.#destination, this.#unitId(unit), this.#generation);
  }

  #unitId(unit: UnitKey): number {
    return unitId(this.#db, this.#destination, unit);
  }

  /** Rewrites the pages in which something changed. */
  #applyChanges(unit: UnitKey): void {
    const id = this.#unitId(unit);
    const page = this.#db.prepare(
      'SELECT id, first, items FROM page WHERE unit = ? AND first <= ? ORDER BY first DESC LIMIT 1',
    );
    const after = this.#db.prepare(
      'SELECT first FROM page WHERE unit = ? AND first > ? ORDER BY first LIMIT 1',
    );
    const remove = this.#db.prepare('DELETE FROM page WHERE id = ?');
    const insert = this.#db.prepare('INSERT INTO page (unit, first, items) VALUES (?, ?, ?)');

    const changes = this.changes(unit)[Symbol.iterator]();
    let change = changes.next();
    while (!change.done) {
      const { key } = change.value.item;
      const old = page.get(id, key);
      const end = after.get(id, key)?.first as Uint8Array | undefined;
      if (old) remove.run(old.id as number);
      const pages = new PageWriter((first, bytes) => insert.run(id, first, bytes));
      const here = function* (): Generator<Change> {
        for (
          ;
          !change.done && (!end || compareBytes(change.value.item.key, end) < 0);
          change = changes.next()
        )
          yield change.value;
      };
      const known: Iterable<KnownItem> = old ? readPage(old.items as Uint8Array) : [];
      for (const item of mergeChanges(known, here())) pages.add(item);
      pages.end();
    }
  }
}

/** Removes the run, its drafts and its segments that no closed set has. */
function forget(db: DatabaseSync, destination: string): void {
  db.prepare('DELETE FROM segment WHERE destination = ? AND run IS NOT NULL').run(destination);
  db.prepare('DELETE FROM draft WHERE destination = ?').run(destination);
  db.prepare('DELETE FROM run WHERE destination = ?').run(destination);
}
