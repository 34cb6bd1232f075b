import type { DatabaseSync } from 'node:sqlite';
import type {
  Catalogue,
  CatalogueRun,
  ChainState,
  FilledUnit,
  ItemsByContent,
  KnownItem,
  Liveness,
  LiveSegment,
  PreparedRun,
  RunResult,
  Unit,
  UnitKey,
} from '../backup/index.ts';
import { packItem } from '../backup/index.ts';
import { ByteReader } from '../lib/binary.ts';
import { toBase64Url } from '../lib/bytes.ts';
import { type IndexPart, readTable, type SegmentTable, type UsedSet } from '../set/index.ts';
import { itemsByContent } from './by-content.ts';
import { PagesOf, PageWriter, readPage } from './pages.ts';
import { insertSegment, nextSegment, readKeys, saveResult, unitId } from './rows.ts';
import { SqliteRun } from './run.ts';
import { transaction } from './sqlite.ts';

/** The catalogue of one destination in the device's state database. */
export class SqliteCatalogue implements Catalogue {
  readonly #db: DatabaseSync;
  readonly #destination: string;

  constructor(db: DatabaseSync, destination: string) {
    this.#db = db;
    this.#destination = destination;
  }

  chain(): ChainState | undefined {
    const row = this.#db.prepare('SELECT state FROM chain WHERE destination = ?').get(this.#destination);
    return row && (JSON.parse(row.state as string) as ChainState);
  }

  units(): Unit[] {
    return this.#db
      .prepare('SELECT value FROM unit WHERE destination = ? AND value IS NOT NULL ORDER BY database, class')
      .all(this.#destination)
      .map((row) => JSON.parse(row.value as string) as Unit);
  }

  *items(unit: UnitKey): Generator<KnownItem> {
    // Page by page, so that no statement stays open while the run writes.
    const next = this.#db.prepare(
      'SELECT first, items FROM page WHERE unit = ? AND first > ? ORDER BY first LIMIT 1',
    );
    const id = this.#unitId(unit);
    for (let after = new Uint8Array(0); ; ) {
      const row = next.get(id, after);
      if (!row) return;
      yield* readPage(row.items as Uint8Array);
      after = row.first as Uint8Array<ArrayBuffer>;
    }
  }

  *itemsOf(unit: UnitKey, keys: Iterable<Uint8Array>): Generator<KnownItem> {
    const pages = new PagesOf(this.#db, this.#unitId(unit));
    for (const key of keys) {
      const item = pages.find(key);
      if (item) yield item;
    }
  }

  keysOf(unit: UnitKey, { set }: IndexPart): Uint8Array[] | undefined {
    const row = this.#db
      .prepare('SELECT keys FROM part_keys WHERE unit = ? AND backup_set = ?')
      .get(this.#unitId(unit), set);
    return row && readKeys(row.keys as Uint8Array);
  }

  liveSegments(unit: UnitKey): LiveSegment[] {
    return this.#db
      .prepare(
        'SELECT number, live FROM segment WHERE unit = ? AND died IS NULL AND compacted = 0 AND run IS NULL ORDER BY number',
      )
      .all(this.#unitId(unit))
      .map(({ number, live }) => ({ number: Number(number), bytes: Number(live) }));
  }

  byContent(unit: UnitKey): ItemsByContent {
    const known = this.units().find((one) => one.database === unit.database && one.class === unit.class);
    return itemsByContent(this.#db, this.#unitId(unit), known?.items ?? 0);
  }

  #unitId(unit: UnitKey): number {
    return unitId(this.#db, this.#destination, unit);
  }

  segment(number: number): SegmentTable {
    const row = this.#db.prepare('SELECT table_bytes FROM segment WHERE number = ?').get(number);
    if (!row) throw new Error(`the catalogue has no segment ${number}`);
    return readTable(new ByteReader(row.table_bytes as Uint8Array));
  }

  sets(): UsedSet[] {
    return this.#db
      .prepare('SELECT used FROM backup_set WHERE destination = ? ORDER BY counter')
      .all(this.#destination)
      .map((row) => JSON.parse(row.used as string) as UsedSet);
  }

  begin(run: { chain: string; keyring: string; newSet: () => string }): CatalogueRun {
    return SqliteRun.begin(this.#db, this.#destination, run);
  }

  unfinished(): string | undefined {
    const row = this.#db.prepare('SELECT chain FROM run WHERE destination = ?').get(this.#destination);
    return row?.chain as string | undefined;
  }

  prepared(): PreparedRun | undefined {
    const row = this.#db
      .prepare(
        'SELECT manifest_name, manifest, result FROM run WHERE destination = ? AND manifest IS NOT NULL',
      )
      .get(this.#destination);
    const run = SqliteRun.resume(this.#db, this.#destination);
    if (!row || !run) return undefined;
    return {
      name: row.manifest_name as string,
      bytes: row.manifest as Uint8Array,
      result: JSON.parse(row.result as string) as RunResult,
      commit: () => run.commit(),
    };
  }

  liveness(): Liveness {
    const live = new Set<string>();
    const dead = new Map<string, number>();
    const rows = this.#db
      .prepare('SELECT died, table_bytes FROM segment WHERE destination = ? AND run IS NULL')
      .iterate(this.#destination);
    for (const row of rows) {
      const { set, id } = readTable(new ByteReader(row.table_bytes as Uint8Array));
      const name = `${toBase64Url(set)}/${toBase64Url(id)}`;
      if (row.died === null) live.add(name);
      else dead.set(name, Number(row.died));
    }
    return { live, dead };
  }

  confirm(set: string): boolean {
    return transaction(this.#db, () => {
      const state = this.chain();
      if (!state?.alerts.includes(set)) return false;
      const alerts = state.alerts.filter((one) => one !== set);
      this.#db
        .prepare('UPDATE chain SET state = ? WHERE destination = ?')
        .run(JSON.stringify({ ...state, alerts }), this.#destination);
      return true;
    });
  }

  clear(): void {
    transaction(this.#db, () => this.#clear());
  }

  #clear(): void {
    const where = 'WHERE destination = ?';
    for (const table of ['page', 'part_keys'])
      this.#db
        .prepare(`DELETE FROM ${table} WHERE unit IN (SELECT id FROM unit ${where})`)
        .run(this.#destination);
    for (const table of ['draft', 'unit', 'segment', 'backup_set', 'run', 'chain'])
      this.#db.prepare(`DELETE FROM ${table} ${where}`).run(this.#destination);
  }

  async fill(state: ChainState, sets: readonly UsedSet[], units: AsyncIterable<FilledUnit>): Promise<void> {
    await transaction(this.#db, async () => {
      this.#clear();
      const filled: Unit[] = [];
      for await (const unit of units) filled.push({ ...unit.unit, items: await this.#fillUnit(unit) });
      saveResult(this.#db, this.#destination, { state, units: filled, live: [], compacted: [] }, sets);
    });
  }

  async #fillUnit(filled: FilledUnit): Promise<number> {
    const id = this.#unitId(filled.unit);
    const numbers = filled.segments.map((table) => {
      const number = nextSegment(this.#db);
      insertSegment(this.#db, this.#destination, null, id, number, table);
      return number;
    });
    const insert = this.#db.prepare('INSERT INTO page (unit, first, items) VALUES (?, ?, ?)');
    const pages = new PageWriter((first, bytes) => insert.run(id, first, bytes));
    const live = new Map<number, number>();
    let items = 0;
    for await (const entry of filled.items) {
      const extents = entry.extents.map((extent) => ({ ...extent, segment: numbers[extent.segment]! }));
      for (const { segment, length } of extents) live.set(segment, (live.get(segment) ?? 0) + length);
      pages.add(packItem(NO_STAMP, { ...entry, extents }));
      items++;
    }
    pages.end();
    const set = this.#db.prepare('UPDATE segment SET live = ? WHERE number = ?');
    for (const [number, bytes] of live) set.run(bytes, number);
    return items;
  }
}

const NO_STAMP = new Uint8Array(0);
