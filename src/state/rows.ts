/**
 * Rows that catalogue and run both write.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { RunResult, UnitKey } from '../backup/index.ts';
import { ByteWriter } from '../lib/binary.ts';
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
  number: number,
  table: SegmentTable,
): void {
  const writer = new ByteWriter(64 + table.frames.length * 40);
  writeTable(writer, table);
  db.prepare('INSERT INTO segment (number, destination, run, table_bytes) VALUES (?, ?, ?, ?)').run(
    number,
    destination,
    run,
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
  for (const unit of result.units)
    db.prepare('UPDATE unit SET value = ? WHERE id = ?').run(
      JSON.stringify(unit),
      unitId(db, destination, unit),
    );
}
