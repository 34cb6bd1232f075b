/**
 * Rows that catalogue and run both write.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { RunResult, Unit, UnitKey } from '../backup/index.ts';
import { ByteReader, ByteWriter } from '../lib/binary.ts';
import { type SegmentTable, type UsedSet, writeTable } from '../set/index.ts';

/** The row of a unit, made when it is new. */
export function unitId(db: DatabaseSync, destination: string, unit: UnitKey): number {
  db.prepare('INSERT OR IGNORE INTO unit (destination, database, class) VALUES (?, ?, ?)').run(
    destination,
    unit.database,
    unit.class,
  );
  const row = db
    .prepare('SELECT id FROM unit WHERE destination = ? AND database = ? AND class = ?')
    .get(destination, unit.database, unit.class);
  return row!.id as number;
}

export const nextSegment = (db: DatabaseSync): number =>
  Number(db.prepare('SELECT coalesce(max(number), 0) + 1 AS number FROM segment').get()!.number);

export function insertSegment(
  db: DatabaseSync,
  destination: string,
  run: string | null,
  unit: number,
  number: number,
  table: SegmentTable,
): void {
  const writer = new ByteWriter(64 + table.frames.length * 40);
  writeTable(writer, table);
  db.prepare('INSERT INTO segment (number, destination, run, unit, table_bytes) VALUES (?, ?, ?, ?, ?)').run(
    number,
    destination,
    run,
    unit,
    writer.view(),
  );
}

/** The new chain state, units and sets, within a transaction of the caller. */
export function saveResult(
  db: DatabaseSync,
  destination: string,
  result: RunResult,
  sets: readonly UsedSet[],
): void {
  db.prepare('INSERT OR REPLACE INTO chain (destination, state) VALUES (?, ?)').run(
    destination,
    JSON.stringify(result.state),
  );
  for (const used of sets)
    db.prepare('INSERT OR REPLACE INTO backup_set (destination, counter, used) VALUES (?, ?, ?)').run(
      destination,
      used.counter,
      JSON.stringify(used),
    );
  const move = db.prepare('UPDATE segment SET live = live + ? WHERE number = ?');
  for (const [number, bytes] of result.live) move.run(bytes, number);
  db.prepare(
    'UPDATE segment SET died = ? WHERE destination = ? AND died IS NULL AND live <= 0 AND (run IS NOT NULL OR number IN (SELECT value FROM json_each(?)))',
  ).run(result.state.last.counter, destination, JSON.stringify(result.live.map(([number]) => number)));
  db.prepare('UPDATE segment SET compacted = 1 WHERE number IN (SELECT value FROM json_each(?))').run(
    JSON.stringify(result.compacted),
  );
  for (const unit of result.units) saveUnit(db, unitId(db, destination, unit), unit);
}

/** With the keys of those parts of its index only that it still has. */
function saveUnit(db: DatabaseSync, id: number, unit: Unit): void {
  db.prepare('UPDATE unit SET value = ? WHERE id = ?').run(JSON.stringify(unit), id);
  db.prepare(
    'DELETE FROM part_keys WHERE unit = ? AND backup_set NOT IN (SELECT value FROM json_each(?))',
  ).run(id, JSON.stringify(unit.parts.map(({ set }) => set)));
}

/** `length:uint | key`, one behind the other. */
export function insertKeys(db: DatabaseSync, unit: number, set: string, keys: readonly Uint8Array[]): void {
  const writer = new ByteWriter(keys.reduce((sum, key) => sum + key.length + 2, 16));
  for (const key of keys) writer.bytes(key);
  db.prepare('INSERT OR REPLACE INTO part_keys (unit, backup_set, keys) VALUES (?, ?, ?)').run(
    unit,
    set,
    writer.view(),
  );
}

export function readKeys(bytes: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(bytes);
  const keys: Uint8Array[] = [];
  while (reader.left > 0) keys.push(reader.bytes(MAX_KEY));
  return keys;
}

/** A label, a zero and a uid. */
const MAX_KEY = 8192;
