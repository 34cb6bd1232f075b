import { type Selectable, sql } from 'kysely';
import type { Db } from './sqlite.ts';
import type { AuditGapTable, AuditTable } from './tables.ts';

export type AuditRow = Selectable<AuditTable>;
export type AuditGapRow = Selectable<AuditGapTable>;

export const lastEntry = (db: Db): Promise<AuditRow | undefined> =>
  db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(1).executeTakeFirst();

export const addEntry = async (db: Db, row: AuditRow): Promise<void> => {
  await db.insertInto('audit').values(row).execute();
};

export const entryAt = (db: Db, seq: number): Promise<AuditRow | undefined> =>
  db.selectFrom('audit').selectAll().where('seq', '=', seq).executeTakeFirst();

/** Entries behind `after`, oldest first, at most `limit`. */
export const entriesAfter = (db: Db, after: number, limit: number): Promise<AuditRow[]> =>
  db.selectFrom('audit').selectAll().where('seq', '>', after).orderBy('seq').limit(limit).execute();

/** Gaps that begin above `after` and end below `before`, or that `after` lies in. */
export const gapsBetween = (db: Db, after: number, before: number): Promise<AuditGapRow[]> =>
  db
    .selectFrom('audit_gap')
    .selectAll()
    .where('last', '>=', after)
    .where('first', '<', before)
    .orderBy('first')
    .execute();

/** What devices did before a time, and earlier entries on dropping; oldest first. The triggers keep all others. */
export const expirable = (db: Db, before: number, limit: number): Promise<AuditRow[]> =>
  db
    .selectFrom('audit')
    .selectAll()
    .where('time', '<', before)
    .where(sql<boolean>`(actor like 'device:%' and action <> 'device.enrol') or action = 'audit.expire'`)
    .orderBy('seq')
    .limit(limit)
    .execute();

/** Drops entries, and remembers the gaps. @param rows ascending */
export async function dropEntries(db: Db, rows: readonly AuditRow[]): Promise<void> {
  for (const { seq, previous, hash } of rows) {
    await db.deleteFrom('audit').where('seq', '=', seq).execute();
    await addGap(db, { first: seq, last: seq, previous, hash });
  }
}

/** Adjoining gaps are one. */
async function addGap(db: Db, gap: AuditGapRow): Promise<void> {
  const neighbours = await db
    .selectFrom('audit_gap')
    .selectAll()
    .where((row) => row.or([row('last', '=', gap.first - 1), row('first', '=', gap.last + 1)]))
    .orderBy('first')
    .execute();
  const below = neighbours.find(({ last }) => last < gap.first);
  const above = neighbours.find(({ first }) => first > gap.last);
  for (const { first } of neighbours) await db.deleteFrom('audit_gap').where('first', '=', first).execute();
  await db
    .insertInto('audit_gap')
    .values({
      ...{ first: below?.first ?? gap.first, previous: below?.previous ?? gap.previous },
      ...{ last: above?.last ?? gap.last, hash: above?.hash ?? gap.hash },
    })
    .execute();
}
