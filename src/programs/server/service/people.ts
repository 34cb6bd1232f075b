import type { Group, User } from '../../../api/server/index.ts';
import { newId } from '../../../policy/message/index.ts';
import { ServerError } from '../errors.ts';
import {
  addGroup,
  addMember,
  addUser,
  allGroups,
  type Db,
  deviceCounts,
  devicesOf,
  dropPerson,
  type GroupRow,
  groupByName,
  groupsOf,
  listGroups,
  listUsers,
  membersOf,
  moveGroup,
  openCodesOf,
  removeGroup,
  removeMember,
  removeUser,
  type UserRow,
  updateCode,
  userByName,
} from '../store/index.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { mustUser } from './lookup.ts';
import { endDevice } from './revoke.ts';

/** Users and groups (B1). */

export async function users(ctx: Context): Promise<User[]> {
  const { db } = ctx;
  const [groups, devices] = [await allGroups(db), await deviceCounts(db)];
  return (await listUsers(db)).map(({ id, name, created }) => ({
    ...{ id, name, created },
    groups: groups.get(id) ?? [],
    devices: devices.get(id) ?? 0,
  }));
}

export async function createUser(ctx: Context, actor: string, name: string): Promise<User> {
  return ctx.db.transaction().execute(async (tx) => {
    if (await userByName(tx, name)) throw new ServerError('ERR_CONFLICT', `there is a user ${name} already`);
    const row = { id: newId(ctx.platform), name, created: ctx.clock(), removed: null };
    await addUser(tx, row);
    await record(ctx, tx, { actor, action: 'user.add', subject: name, detail: { id: row.id } });
    return showUser(tx, row);
  });
}

/** Ends the user's devices and codes. Keys and heads stay: what was backed up can still be recovered (U5). */
export async function endUser(ctx: Context, actor: string, name: string): Promise<void> {
  const user = await mustUser(ctx.db, name);
  for (const device of await devicesOf(ctx.db, user.id)) {
    if (device.state !== 'ended') await endDevice(ctx, actor, device.id);
  }
  await ctx.db.transaction().execute(async (tx) => {
    for (const code of await openCodesOf(tx, user.id)) {
      await updateCode(tx, code.id, { state: 'withdrawn', sealed: null });
    }
    await dropPerson(tx, user.id);
    await removeUser(tx, user.id, ctx.clock());
    await record(ctx, tx, { actor, action: 'user.remove', subject: name, detail: { id: user.id } });
  });
}

export async function groups(ctx: Context): Promise<Group[]> {
  const rows = await listGroups(ctx.db);
  return Promise.all(rows.map((row) => showGroup(ctx.db, row)));
}

/** A new group comes last in the order. */
export async function createGroup(ctx: Context, actor: string, name: string): Promise<Group> {
  return ctx.db.transaction().execute(async (tx) => {
    if (await groupByName(tx, name))
      throw new ServerError('ERR_CONFLICT', `there is a group ${name} already`);
    const position = Math.max(0, ...(await listGroups(tx)).map((group) => group.position)) + 1;
    const row = { id: newId(ctx.platform), name, position, created: ctx.clock() };
    await addGroup(tx, row);
    await record(ctx, tx, { actor, action: 'group.add', subject: name });
    return showGroup(tx, row);
  });
}

export async function endGroup(ctx: Context, actor: string, name: string): Promise<void> {
  const group = await mustGroup(ctx.db, name);
  const touched = await devicesOfMembers(ctx.db, group.id);
  await ctx.db.transaction().execute(async (tx) => {
    await removeGroup(tx, group.id);
    await record(ctx, tx, { actor, action: 'group.remove', subject: name });
  });
  ctx.wake(touched);
}

/** Where policies of groups disagree, the group that comes first here decides. */
export async function orderGroups(ctx: Context, actor: string, names: readonly string[]): Promise<Group[]> {
  const touched = await ctx.db.transaction().execute(async (tx) => {
    const rows = await listGroups(tx);
    const byName = new Map(rows.map((row) => [row.name, row]));
    const missing = rows.filter((row) => !names.includes(row.name)).map((row) => row.name);
    const unknown = names.filter((name) => !byName.has(name));
    if (missing.length > 0 || unknown.length > 0 || new Set(names).size !== names.length) {
      throw new ServerError(
        'ERR_INVALID_REQUEST',
        `the order must name every group once; missing: ${list(missing)}; unknown: ${list(unknown)}`,
      );
    }
    for (const [position, name] of names.entries()) await moveGroup(tx, byName.get(name)!.id, position + 1);
    await record(ctx, tx, { actor, action: 'group.order', subject: '', detail: { groups: names } });
    const touched = await Promise.all(rows.map((row) => devicesOfMembers(tx, row.id)));
    return [...new Set(touched.flat())];
  });
  ctx.wake(touched);
  return groups(ctx);
}

export async function joinGroup(ctx: Context, actor: string, group: string, user: string): Promise<void> {
  const { groupId, userId } = await pair(ctx.db, group, user);
  await ctx.db.transaction().execute(async (tx) => {
    await addMember(tx, groupId, userId);
    await record(ctx, tx, { actor, action: 'group.join', subject: group, detail: { user } });
  });
  ctx.wake((await devicesOf(ctx.db, userId)).map((device) => device.id));
}

export async function leaveGroup(ctx: Context, actor: string, group: string, user: string): Promise<void> {
  const { groupId, userId } = await pair(ctx.db, group, user);
  await ctx.db.transaction().execute(async (tx) => {
    if (!(await removeMember(tx, groupId, userId))) {
      throw new ServerError('ERR_NOT_FOUND', `${user} is not a member of ${group}`);
    }
    await record(ctx, tx, { actor, action: 'group.leave', subject: group, detail: { user } });
  });
  ctx.wake((await devicesOf(ctx.db, userId)).map((device) => device.id));
}

async function mustGroup(db: Db, name: string): Promise<GroupRow> {
  const group = await groupByName(db, name);
  if (group === undefined) throw new ServerError('ERR_NOT_FOUND', `there is no group ${name}`);
  return group;
}

async function pair(db: Db, group: string, user: string): Promise<{ groupId: string; userId: string }> {
  return { groupId: (await mustGroup(db, group)).id, userId: (await mustUser(db, user)).id };
}

async function devicesOfMembers(db: Db, groupId: string): Promise<string[]> {
  const devices = await Promise.all((await membersOf(db, groupId)).map((user) => devicesOf(db, user.id)));
  return devices.flat().map((device) => device.id);
}

async function showUser(db: Db, row: UserRow): Promise<User> {
  const devices = (await devicesOf(db, row.id)).filter((device) => device.state !== 'ended');
  const { id, name, created } = row;
  return { id, name, created, groups: await groupsOf(db, id), devices: devices.length };
}

async function showGroup(db: Db, row: GroupRow): Promise<Group> {
  const members = await membersOf(db, row.id);
  return { name: row.name, created: row.created, members: members.map((user) => user.name) };
}

const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
