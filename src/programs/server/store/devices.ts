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

/** At most `limit` of {@link listDevices}, from the one behind `after` on. */
export const pageOfDevices = (
  db: Db,
  after: Pick<DeviceRow, 'enrolled' | 'id'> | undefined,
  limit: number,
): Promise<DeviceRow[]> =>
  db
    .selectFrom('device')
    .selectAll()
    .$if(after !== undefined, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('enrolled', 'id'), '>', tuple(after!.enrolled, after!.id)),
      ),
    )
    .orderBy('enrolled')
    .orderBy('id')
    .limit(limit)
    .execute();

/** What scopes of policies look at, of all devices: a fraction of their rows. */
export type ScopedDevice = Pick<DeviceRow, 'id' | 'user_id' | 'state' | 'os' | 'version' | 'classes'>;

export const scopedDevices = (db: Db): Promise<ScopedDevice[]> =>
  db
    .selectFrom('device')
    .select(['id', 'user_id', 'state', 'os', 'version', 'classes'])
    .orderBy('enrolled')
    .orderBy('id')
    .execute();

/** All devices of a user, ended ones too, in the order in which they were enrolled. */
export const devicesOf = (db: Db, userId: string): Promise<DeviceRow[]> =>
  db
    .selectFrom('device')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('enrolled')
    .orderBy('id')
    .execute();

/** How many that were not ended, by user. */
export async function deviceCounts(db: Db): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('device')
    .select(({ fn }) => ['user_id', fn.countAll<number>().as('count')])
    .where('state', '!=', 'ended')
    .groupBy('user_id')
    .execute();
  return new Map(rows.map(({ user_id, count }) => [user_id, count]));
}

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

/** Forgets the secrets of codes whose time is over. */
export const forgetExpired = async (db: Db, now: number): Promise<void> => {
  await db
    .updateTable('code')
    .set({ sealed: null })
    .where('expires', '<=', now)
    .where('sealed', 'is not', null)
    .execute();
};

export const openCodesOf = (db: Db, userId: string): Promise<CodeRow[]> =>
  db.selectFrom('code').selectAll().where('user_id', '=', userId).where('state', '=', 'open').execute();
