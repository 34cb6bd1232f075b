import type { Selectable } from 'kysely';
import type { Db } from './sqlite.ts';
import type { PersonTable, ShareTable } from './tables.ts';

export type PersonRow = Selectable<PersonTable>;
export type ShareRow = Selectable<ShareTable>;

export const personOf = (db: Db, userId: string): Promise<PersonRow | undefined> =>
  db.selectFrom('person').selectAll().where('user_id', '=', userId).executeTakeFirst();

export const putPerson = async (db: Db, row: PersonRow): Promise<void> => {
  await db
    .insertInto('person')
    .values(row)
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(row))
    .execute();
};

export const dropPerson = async (db: Db, userId: string): Promise<void> => {
  await db.deleteFrom('person').where('user_id', '=', userId).execute();
};

/** Names of users that others can find. */
export const peopleNames = async (db: Db): Promise<string[]> => {
  const rows = await db
    .selectFrom('person')
    .innerJoin('user', 'user.id', 'person.user_id')
    .select('user.name')
    .where('user.removed', 'is', null)
    .orderBy('user.name')
    .execute();
  return rows.map(({ name }) => name);
};

/** A chain is its device's, as with heads. */
export const shareOf = (db: Db, deviceId: string, chain: string): Promise<ShareRow | undefined> =>
  db
    .selectFrom('share')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where('chain', '=', chain)
    .executeTakeFirst();

export const putShare = async (db: Db, row: ShareRow): Promise<void> => {
  await db
    .insertInto('share')
    .values(row)
    .onConflict((conflict) => conflict.columns(['device_id', 'chain']).doUpdateSet(row))
    .execute();
};

/** How many of a device have not ended. */
export const countShares = async (db: Db, deviceId: string): Promise<number> => {
  const row = await db
    .selectFrom('share')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('device_id', '=', deviceId)
    .where('ended', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
};

/** Those with a user that have not ended, by devices in use of users who are there; the newest first. */
export const sharesWith = (db: Db, userId: string) =>
  db
    .selectFrom('share')
    .innerJoin('device', 'device.id', 'share.device_id')
    .innerJoin('user', 'user.id', 'share.user_id')
    .selectAll('share')
    .select('user.name')
    .where('share.to_user', '=', userId)
    .where('share.ended', 'is', null)
    .where('device.state', '=', 'active')
    .where('user.removed', 'is', null)
    .orderBy('share.created', 'desc')
    .orderBy('share.chain')
    .limit(1000)
    .execute();
