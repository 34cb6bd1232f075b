import type { Selectable } from 'kysely';
import type { Db } from './sqlite.ts';
import type { CommandTable, MessageTable, Tables } from './tables.ts';

export type MessageRow = Selectable<MessageTable>;
export type SectionRow = Selectable<Tables['section']>;
export type CommandRow = Selectable<CommandTable>;

export const messageOf = (db: Db, deviceId: string): Promise<MessageRow | undefined> =>
  db.selectFrom('message').selectAll().where('device_id', '=', deviceId).executeTakeFirst();

/** Sequence of the newest message, by device. */
export async function sequences(db: Db): Promise<Map<string, number>> {
  const rows = await db.selectFrom('message').select(['device_id', 'seq']).execute();
  return new Map(rows.map(({ device_id, seq }) => [device_id, seq]));
}

/** Replaces the device's message. */
export const putMessage = async (db: Db, row: MessageRow): Promise<void> => {
  await db
    .insertInto('message')
    .values(row)
    .onConflict((conflict) => conflict.column('device_id').doUpdateSet(row))
    .execute();
};

/** Enrolled devices whose message is to be sent again by now, and since when. */
export const dueDevices = (db: Db, now: number): Promise<{ id: string; since: number }[]> =>
  db
    .selectFrom('message')
    .innerJoin('device', 'device.id', 'message.device_id')
    .select(['device.id', 'message.refresh_at as since'])
    .where('device.state', '!=', 'ended')
    .where('message.refresh_at', '<=', now)
    .execute();

export const sectionsOf = (db: Db, deviceId: string): Promise<SectionRow[]> =>
  db.selectFrom('section').selectAll().where('device_id', '=', deviceId).execute();

export const putSection = async (db: Db, row: SectionRow): Promise<void> => {
  await db
    .insertInto('section')
    .values(row)
    .onConflict((conflict) => conflict.columns(['device_id', 'name']).doUpdateSet(row))
    .execute();
};

export const addCommand = async (db: Db, row: CommandRow): Promise<void> => {
  await db.insertInto('command').values(row).execute();
};

/** Commands that the device has not acknowledged, oldest first. */
export const openCommands = (db: Db, deviceId: string): Promise<CommandRow[]> =>
  db
    .selectFrom('command')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where('acknowledged', 'is', null)
    .orderBy('created')
    .orderBy('id')
    .execute();

export const commandsOf = (db: Db, deviceId: string): Promise<CommandRow[]> =>
  db
    .selectFrom('command')
    .selectAll()
    .where('device_id', '=', deviceId)
    .orderBy('created')
    .orderBy('id')
    .execute();

/** Of all devices, or of these. */
export const allCommands = (db: Db, devices?: readonly string[]): Promise<CommandRow[]> =>
  db
    .selectFrom('command')
    .selectAll()
    .$if(devices !== undefined, (query) => query.where('device_id', 'in', devices!))
    .orderBy('created')
    .orderBy('id')
    .execute();

/** @returns whether the command was open */
export async function acknowledgeCommand(
  db: Db,
  deviceId: string,
  id: string,
  now: number,
  result: string,
): Promise<boolean> {
  const updated = await db
    .updateTable('command')
    .set({ acknowledged: now, result })
    .where('id', '=', id)
    .where('device_id', '=', deviceId)
    .where('acknowledged', 'is', null)
    .executeTakeFirst();
  return updated.numUpdatedRows > 0n;
}

/** Makes the next message a new one. */
export const outdateMessage = async (db: Db, deviceId: string): Promise<void> => {
  await db.updateTable('message').set({ digest: '' }).where('device_id', '=', deviceId).execute();
};

/** Withdraws what the device has not acknowledged. */
export const dropCommands = async (db: Db, deviceId: string): Promise<void> => {
  await db
    .deleteFrom('command')
    .where('device_id', '=', deviceId)
    .where('acknowledged', 'is', null)
    .execute();
};
