import type { Selectable } from 'kysely';
import type { Db } from './sqlite.ts';
import type { EndedKeyTable, HeadTable } from './tables.ts';

export type HeadRow = Selectable<HeadTable>;
export type EndedKeyRow = Selectable<EndedKeyTable>;

/** A chain is its device's: ids are chosen by devices, and another one may claim the same. */
export const headOf = (db: Db, deviceId: string, chain: string): Promise<HeadRow | undefined> =>
  db
    .selectFrom('head')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where('chain', '=', chain)
    .executeTakeFirst();

export const headsOf = (db: Db, userId: string): Promise<HeadRow[]> =>
  db
    .selectFrom('head')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('chain')
    .orderBy('device_id')
    .execute();

/** Of all devices, or of these. */
export const allHeads = (db: Db, devices?: readonly string[]): Promise<HeadRow[]> =>
  db
    .selectFrom('head')
    .selectAll()
    .$if(devices !== undefined, (query) => query.where('device_id', 'in', devices!))
    .orderBy('chain')
    .orderBy('device_id')
    .execute();

export const putHead = async (db: Db, row: HeadRow): Promise<void> => {
  await db
    .insertInto('head')
    .values(row)
    .onConflict((conflict) => conflict.columns(['device_id', 'chain']).doUpdateSet(row))
    .execute();
};

export const dropHeads = async (db: Db, rows: readonly HeadRow[]): Promise<void> => {
  for (const { device_id, chain } of rows) {
    await db.deleteFrom('head').where('device_id', '=', device_id).where('chain', '=', chain).execute();
  }
};

export const addEndedKey = async (db: Db, row: EndedKeyRow): Promise<void> => {
  await db
    .insertInto('ended_key')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

export const endedKeys = (db: Db, area: string): Promise<EndedKeyRow[]> =>
  db
    .selectFrom('ended_key')
    .selectAll()
    .where('area', '=', area)
    .orderBy('ended')
    .orderBy('thumbprint')
    .execute();

/** Areas that have not got the newest list, and whose next attempt is due. */
export async function areasToTell(db: Db, now: number): Promise<string[]> {
  const rows = await db
    .selectFrom('ended_key')
    .select('area')
    .distinct()
    .where('delivered', 'is', null)
    .where('next_attempt', '<=', now)
    .execute();
  return rows.map((row) => row.area);
}

export const markTold = async (db: Db, area: string, now: number): Promise<void> => {
  await db
    .updateTable('ended_key')
    .set({ delivered: now })
    .where('area', '=', area)
    .where('delivered', 'is', null)
    .execute();
};

export const markNotTold = async (db: Db, area: string, nextAttempt: number): Promise<void> => {
  await db
    .updateTable('ended_key')
    .set((row) => ({ attempts: row('attempts', '+', 1), next_attempt: nextAttempt }))
    .where('area', '=', area)
    .where('delivered', 'is', null)
    .execute();
};
