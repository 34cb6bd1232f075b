import type { Selectable, Updateable } from 'kysely';
import type { Db } from './sqlite.ts';
import type { CodeTable, DeviceTable } from './tables.ts';

export type DeviceRow = Selectable<DeviceTable>;
export type CodeRow = Selectable<CodeTable>;

export const addDevice = async (db: Db, row: DeviceRow): Promise<void> => {
  await db.insertInto('device').values(row).execute();
};

export const deviceById = (db: Db, id: string): Promise<DeviceRow | undefined> =>
  db.selectFrom('device').selectAll().where('id', '=', id).executeTakeFirst();

export const listDevices = (db: Db): Promise<DeviceRow[]> =>
  db.selectFrom('device').selectAll().orderBy('enrolled').orderBy('id').execute();

/** All devices of a user, ended ones too, in the order in which they were enrolled. */
export const devicesOf = (db: Db, userId: string): Promise<DeviceRow[]> =>
  db
    .selectFrom('device')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('enrolled')
    .orderBy('id')
    .execute();

export const updateDevice = async (db: Db, id: string, change: Updateable<DeviceTable>): Promise<void> => {
  await db.updateTable('device').set(change).where('id', '=', id).execute();
};

export const addCode = async (db: Db, row: CodeRow): Promise<void> => {
  await db.insertInto('code').values(row).execute();
};

export const codeById = (db: Db, id: string): Promise<CodeRow | undefined> =>
  db.selectFrom('code').selectAll().where('id', '=', id).executeTakeFirst();

export const listCodes = (db: Db): Promise<CodeRow[]> =>
  db.selectFrom('code').selectAll().orderBy('created').orderBy('id').execute();

export const updateCode = async (db: Db, id: string, change: Updateable<CodeTable>): Promise<void> => {
  await db.updateTable('code').set(change).where('id', '=', id).execute();
};

/** Database names that a device reported beyond those that policies name. */
export async function databasesOf(db: Db, deviceId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('database_name')
    .select('name')
    .where('device_id', '=', deviceId)
    .orderBy('name')
    .execute();
  return rows.map((row) => row.name);
}

export async function setDatabases(db: Db, deviceId: string, names: readonly string[]): Promise<void> {
  await db.deleteFrom('database_name').where('device_id', '=', deviceId).execute();
  for (const name of names) {
    await db.insertInto('database_name').values({ device_id: deviceId, name }).execute();
  }
}
