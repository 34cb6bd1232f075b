import type { Selectable } from 'kysely';
import type { Db } from './sqlite.ts';
import type { AuditTable } from './tables.ts';

export type AuditRow = Selectable<AuditTable>;

export const lastEntry = (db: Db): Promise<AuditRow | undefined> =>
  db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(1).executeTakeFirst();

export const addEntry = async (db: Db, row: AuditRow): Promise<void> => {
  await db.insertInto('audit').values(row).execute();
};

/** Entries behind `after`, oldest first, at most `limit`. */
export const entriesAfter = (db: Db, after: number, limit: number): Promise<AuditRow[]> =>
  db.selectFrom('audit').selectAll().where('seq', '>', after).orderBy('seq').limit(limit).execute();
