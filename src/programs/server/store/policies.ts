import type { Selectable } from 'kysely';
import type { Db } from './sqlite.ts';
import type { KeyUse, PolicyKeyTable, PolicyTable } from './tables.ts';

export type PolicyRow = Selectable<PolicyTable>;
export type PolicyKeyRow = Selectable<PolicyKeyTable>;

export const currentPolicies = (db: Db): Promise<PolicyRow[]> =>
  db.selectFrom('policy').selectAll().where('state', '=', 'current').orderBy('name').execute();

/** Which they are, without reading them. */
export const currentVersions = (db: Db): Promise<Pick<PolicyRow, 'name' | 'version'>[]> =>
  db
    .selectFrom('policy')
    .select(['name', 'version'])
    .where('state', '=', 'current')
    .orderBy('name')
    .execute();

export const currentPolicy = (db: Db, name: string): Promise<PolicyRow | undefined> =>
  db
    .selectFrom('policy')
    .selectAll()
    .where('name', '=', name)
    .where('state', '=', 'current')
    .executeTakeFirst();

/** Every version of every policy there ever was. */
export const allPolicies = (db: Db): Promise<PolicyRow[]> =>
  db.selectFrom('policy').selectAll().orderBy('name').orderBy('version').execute();

/** All versions, newest first. */
export const policyHistory = (db: Db, name: string): Promise<PolicyRow[]> =>
  db.selectFrom('policy').selectAll().where('name', '=', name).orderBy('version', 'desc').execute();

/** Makes `document` the current version of `name`, and returns its number. */
export async function putPolicy(db: Db, name: string, document: string, now: number): Promise<number> {
  const last = (await policyHistory(db, name))[0]?.version ?? 0;
  await retire(db, name, 'past');
  await db
    .insertInto('policy')
    .values({ name, version: last + 1, document, applied: now, state: 'current' })
    .execute();
  return last + 1;
}

/** Ends a policy; its history stays. @returns whether there was one */
export const deletePolicy = (db: Db, name: string): Promise<boolean> => retire(db, name, 'deleted');

async function retire(db: Db, name: string, state: 'past' | 'deleted'): Promise<boolean> {
  const result = await db
    .updateTable('policy')
    .set({ state })
    .where('name', '=', name)
    .where('state', '=', 'current')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export const addKey = async (db: Db, row: PolicyKeyRow): Promise<void> => {
  await db.insertInto('policy_key').values(row).execute();
};

/** All epochs of a key, newest first. */
export const keyEpochs = (db: Db, use: KeyUse, owner: string, database: string): Promise<PolicyKeyRow[]> =>
  db
    .selectFrom('policy_key')
    .selectAll()
    .where('use', '=', use)
    .where('owner', '=', owner)
    .where('database', '=', database)
    .orderBy('epoch', 'desc')
    .execute();

/** All keys of a user and of these devices of theirs, each key's newest epoch first. */
export const keysOf = (db: Db, owners: readonly string[]): Promise<PolicyKeyRow[]> =>
  db
    .selectFrom('policy_key')
    .selectAll()
    .where('owner', 'in', owners)
    .orderBy('use')
    .orderBy('database')
    .orderBy('owner')
    .orderBy('epoch', 'desc')
    .execute();

export const keyById = (db: Db, kid: string): Promise<PolicyKeyRow | undefined> =>
  db.selectFrom('policy_key').selectAll().where('kid', '=', kid).executeTakeFirst();

/** From all devices: the empty id. */
export const ALL_DEVICES = '';

/** @returns whether it was not erased there before */
export async function addErasure(db: Db, kid: string, deviceId: string, now: number): Promise<boolean> {
  const result = await db
    .insertInto('erased_key')
    .values({ kid, device_id: deviceId, erased: now })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Keys that a device is not to hold. */
export async function erasedFor(db: Db, deviceId: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom('erased_key')
    .select('kid')
    .where('device_id', 'in', [ALL_DEVICES, deviceId])
    .execute();
  return new Set(rows.map(({ kid }) => kid));
}

export const listKeys = (db: Db): Promise<PolicyKeyRow[]> =>
  db.selectFrom('policy_key').selectAll().orderBy('owner').orderBy('database').orderBy('epoch').execute();
