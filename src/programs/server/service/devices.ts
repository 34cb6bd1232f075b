import { timingSafeEqual } from 'node:crypto';
import type { Device } from '../../../api/server/index.ts';
import { utf8 } from '../../../lib/bytes.ts';
import type { Policy } from '../../../policy/rules/index.ts';
import { ServerError } from '../errors.ts';
import { cleaned } from '../plain.ts';
import {
  allCommands,
  allGroups,
  allHeads,
  commandsOf,
  type DeviceRow,
  devicesOf,
  groupsOf,
  headsOf,
  listDevices,
  messageOf,
  pageOfDevices,
  sequences,
  updateDevice,
  userById,
  userNames,
} from '../store/index.ts';
import type { About } from './about.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { failureOf } from './failures.ts';
import { mustDevice } from './lookup.ts';
import { pace } from './pace.ts';
import { policiesInForce } from './rules.ts';
import { standingOf } from './standing.ts';

/** Devices as administrators see them (B1). */

/** Devices of one page at most. */
export const MOST_DEVICES = 500;

/** A part of the list: at most `limit`, behind the device `after`. */
export interface DevicePage {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** All of them, or a page: with as many queries for thousands as for one. */
export async function devices(
  ctx: Context,
  connected: (id: string) => boolean,
  { after, limit }: DevicePage = {},
): Promise<Device[]> {
  const { db } = ctx;
  const before = after === undefined ? undefined : await mustDevice(db, after);
  const paged = before !== undefined || limit !== undefined;
  const rows = paged ? await pageOfDevices(db, before, limit ?? MOST_DEVICES) : await listDevices(db);
  const only = paged ? rows.map(({ id }) => id) : undefined;
  const policies = await policiesInForce(ctx);
  const [users, groups, sent] = [await userNames(db), await allGroups(db), await sequences(db)];
  const heads = Map.groupBy(await allHeads(db, only), (row) => row.device_id);
  const commands = Map.groupBy(await allCommands(db, only), (row) => row.device_id);
  const shown: Device[] = [];
  const next = pace();
  for (const row of rows) {
    await next();
    const about = {
      user: users.get(row.user_id) ?? row.user_id,
      groups: groups.get(row.user_id) ?? [],
      heads: heads.get(row.id) ?? [],
      commands: commands.get(row.id) ?? [],
      sent: sent.get(row.id) ?? 0,
    };
    shown.push(showDevice(ctx, row, policies, about, connected(row.id)));
  }
  return shown;
}

export async function device(ctx: Context, id: string, connected: boolean): Promise<Device> {
  const { db } = ctx;
  const row = await mustDevice(db, id);
  const about = {
    user: (await userById(db, row.user_id))?.name ?? row.user_id,
    groups: await groupsOf(db, row.user_id),
    heads: (await headsOf(db, row.user_id)).filter((head) => head.device_id === id),
    commands: await commandsOf(db, id),
    sent: (await messageOf(db, id))?.seq ?? 0,
  };
  return showDevice(ctx, row, await policiesInForce(ctx), about, connected);
}

/**
 * Sends its keys to a device whose code asked for confirmation: the person at the device has read out the
 * transcript code, so nobody stood in between.
 */
export async function confirmDevice(
  ctx: Context,
  actor: string,
  id: string,
  transcript: string,
): Promise<void> {
  const row = await mustDevice(ctx.db, id);
  if (row.state !== 'pending') throw new ServerError('ERR_CONFLICT', `the device ${id} is ${row.state}`);
  const [given, expected] = [transcript, row.transcript].map((text) => utf8(text.replace(/[\s-]/g, '')));
  if (given!.length !== expected!.length || !timingSafeEqual(given!, expected!)) {
    throw new ServerError(
      'ERR_NOT_AUTHORISED',
      `that is not the transcript code of ${id}: revoke the device, someone may stand in between`,
    );
  }
  await ctx.db.transaction().execute(async (tx) => {
    await updateDevice(tx, id, { state: 'active' });
    await record(ctx, tx, { actor, action: 'device.confirm', subject: id });
  });
  ctx.wake((await devicesOf(ctx.db, row.user_id)).map((other) => other.id));
}

const SEEN_EVERY = 60_000;

/**
 * Notes that a device came by; not on every request, since each note is a write to disk.
 *
 * @param told the version of its program, by which policies may be for it (B2)
 */
export async function seen(ctx: Context, row: DeviceRow, told: string | undefined): Promise<void> {
  const now = ctx.clock();
  const { id } = row;
  const version = told === undefined ? row.version : cleaned(told);
  if (version === row.version && now - row.last_seen < SEEN_EVERY) return;
  await ctx.together.run((tx) => updateDevice(tx, id, { last_seen: now, version }));
  if (version !== row.version) ctx.wake([id]);
}

function showDevice(
  ctx: Context,
  row: DeviceRow,
  policies: readonly Policy[],
  about: About,
  connected: boolean,
): Device {
  const { id, state, name, os, version, enrolled, acknowledged } = row;
  const { user, heads, commands, sent } = about;
  const failure = failureOf(row);
  return {
    ...{ id, state, name, os, version, enrolled, connected, acknowledged, user, sent },
    classes: JSON.parse(row.classes),
    lastSeen: row.last_seen,
    ...(row.ended === null ? {} : { ended: row.ended }),
    ...standingOf(ctx, row, policies, about),
    ...(row.acknowledged_at === null ? {} : { acknowledgedAt: row.acknowledged_at }),
    ...(failure === undefined ? {} : { failure }),
    databases: JSON.parse(row.databases),
    heads: heads.map(({ chain, counter, hash, time, area }) => ({
      ...{ chain, counter, hash, time },
      ...(area === null ? {} : { area }),
    })),
    commands: commands.map((command) => ({
      id: command.id,
      kind: (JSON.parse(command.command) as { kind: string }).kind,
      created: command.created,
      ...(command.acknowledged === null ? {} : { acknowledged: command.acknowledged }),
      ...(command.result === null ? {} : { result: command.result }),
    })),
  };
}
