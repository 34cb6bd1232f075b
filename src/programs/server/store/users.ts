import type { Selectable } from 'kysely';
import type { Db } from './sqlite.ts';
import type { Tables } from './tables.ts';

export type UserRow = Selectable<Tables['user']>;
export type GroupRow = Selectable<Tables['user_group']>;

export const addUser = async (db: Db, row: UserRow): Promise<void> => {
  await db.insertInto('user').values(row).execute();
};

/** A user that was not removed. */
export const userByName = (db: Db, name: string): Promise<UserRow | undefined> =>
  db.selectFrom('user').selectAll().where('name', '=', name).where('removed', 'is', null).executeTakeFirst();

export const userById = (db: Db, id: string): Promise<UserRow | undefined> =>
  db.selectFrom('user').selectAll().where('id', '=', id).executeTakeFirst();

export const listUsers = (db: Db): Promise<UserRow[]> =>
  db.selectFrom('user').selectAll().where('removed', 'is', null).orderBy('name').execute();

/** Ends memberships; the row stays. */
export const removeUser = async (db: Db, id: string, now: number): Promise<void> => {
  await db.deleteFrom('member').where('user_id', '=', id).execute();
  await db.updateTable('user').set({ removed: now }).where('id', '=', id).execute();
};

export const addGroup = async (db: Db, row: GroupRow): Promise<void> => {
  await db.insertInto('user_group').values(row).execute();
};

export const groupByName = (db: Db, name: string): Promise<GroupRow | undefined> =>
  db.selectFrom('user_group').selectAll().where('name', '=', name).executeTakeFirst();

/** In the server's order. */
export const listGroups = (db: Db): Promise<GroupRow[]> =>
  db.selectFrom('user_group').selectAll().orderBy('position').orderBy('name').execute();

export const removeGroup = async (db: Db, id: string): Promise<void> => {
  await db.deleteFrom('user_group').where('id', '=', id).execute();
};

export const moveGroup = async (db: Db, id: string, position: number): Promise<void> => {
  await db.updateTable('user_group').set({ position }).where('id', '=', id).execute();
};

export const addMember = async (db: Db, groupId: string, userId: string): Promise<void> => {
  await db
    .insertInto('member')
    .values({ group_id: groupId, user_id: userId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** @returns whether the user was a member */
export async function removeMember(db: Db, groupId: string, userId: string): Promise<boolean> {
  const result = await db
    .deleteFrom('member')
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Names of the groups of a user, in the server's order. */
export async function groupsOf(db: Db, userId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('member')
    .innerJoin('user_group', 'user_group.id', 'member.group_id')
    .select('user_group.name')
    .where('member.user_id', '=', userId)
    .orderBy('user_group.position')
    .orderBy('user_group.name')
    .execute();
  return rows.map((row) => row.name);
}

/** The same for all users at once, by user. */
export async function allGroups(db: Db): Promise<Map<string, string[]>> {
  const rows = await db
    .selectFrom('member')
    .innerJoin('user_group', 'user_group.id', 'member.group_id')
    .select(['member.user_id', 'user_group.name'])
    .orderBy('user_group.position')
    .orderBy('user_group.name')
    .execute();
  const groups = new Map<string, string[]>();
  for (const { user_id, name } of rows) {
    const own = groups.get(user_id);
    if (own) own.push(name);
    else groups.set(user_id, [name]);
  }
  return groups;
}

/** Names of all users there ever were, by id. */
export async function userNames(db: Db): Promise<Map<string, string>> {
  const rows = await db.selectFrom('user').select(['id', 'name']).execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}

export const membersOf = (db: Db, groupId: string): Promise<UserRow[]> =>
  db
    .selectFrom('member')
    .innerJoin('user', 'user.id', 'member.user_id')
    .selectAll('user')
    .where('member.group_id', '=', groupId)
    .orderBy('user.name')
    .execute();
