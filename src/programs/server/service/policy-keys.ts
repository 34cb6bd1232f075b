import type { Key, RotateKeys } from '../../../api/server/index.ts';
import { toBase64Url } from '../../../lib/bytes.ts';
import { ruleFor } from '../../../policy/evaluate/index.ts';
import { newId, type PolicyKey } from '../../../policy/message/index.ts';
import type { DeviceRules } from '../../../policy/rules/index.ts';
import { ServerError } from '../errors.ts';
import type { Place } from '../keys/index.ts';
import {
  ALL_DEVICES,
  addKey,
  type Db,
  type DeviceRow,
  deviceById,
  devicesOf,
  erasedFor,
  type KeyUse,
  keyEpochs,
  keysOf,
  listKeys,
  type PolicyKeyRow,
  scopedDevices,
  type Tx,
  userById,
  userNames,
} from '../store/index.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { mustUser } from './lookup.ts';
import { pace } from './pace.ts';
import type { DatabaseNames } from './rules.ts';

/** Policy keys (B6): symmetric, made here when a rule first needs them, sealed at rest, kept for ever. */
export interface DeviceKeys {
  readonly encryptionKeys: readonly PolicyKey[];
  readonly decryptionKeys: readonly PolicyKey[];
}

/**
 * The keys that a device is to hold: the newest epoch of each key that its rules encrypt with, and every epoch
 * of every key of its user and of its own for decryption. Makes those that are missing.
 *
 * @param databases a database without a name here gets no key of its own
 */
export async function keysFor(
  ctx: Context,
  device: Pick<DeviceRow, 'id' | 'user_id'>,
  rules: DeviceRules,
  { named, told }: DatabaseNames,
): Promise<DeviceKeys> {
  const needs = keyNeeds(rules, [...named, ...told]);
  const rows =
    (await heldKeys(ctx.db, device, needs)) ??
    (await ctx.together.run(async (tx) => {
      const before = (await keysOf(tx, [device.user_id])).filter(({ use }) => use === 'database');
      const databases = new Set(before.map(({ database }) => database));
      for (const { use, database } of needs) {
        const owner = use === 'device' ? device.id : device.user_id;
        const [newest] = await keyEpochs(tx, use, owner, database);
        if (newest !== undefined) continue;
        if (use === 'database') {
          if (databases.size >= MAX_KEYS_OF_TOLD && told.includes(database)) continue;
          databases.add(database);
        }
        await makeKey(ctx, tx, 'server', use, owner, database, 1);
      }
      return keysOf(tx, [device.user_id, device.id]);
    }));
  const erased = await erasedFor(ctx.db, device.id);
  const opened = rows.filter(({ kid }) => !erased.has(kid)).map((row) => ({ row, key: openKey(ctx, row) }));
  const newest = new Map<string, PolicyKey>();
  for (const { row, key } of opened) {
    const name = JSON.stringify([row.use, row.database]);
    if (!newest.has(name)) newest.set(name, key);
  }
  return {
    encryptionKeys: needs.flatMap(({ use, database }) => newest.get(JSON.stringify([use, database])) ?? []),
    decryptionKeys: opened.map(({ key }) => key),
  };
}

/** All keys of the device, unless one is missing. */
async function heldKeys(
  db: Db,
  device: Pick<DeviceRow, 'id' | 'user_id'>,
  needs: readonly Need[],
): Promise<PolicyKeyRow[] | undefined> {
  const rows = await keysOf(db, [device.user_id, device.id]);
  const held = new Set(rows.map(({ use, database }) => JSON.stringify([use, database])));
  return needs.every(({ use, database }) => held.has(JSON.stringify([use, database]))) ? rows : undefined;
}

/** Keys are kept for ever and go to all of the user's devices: one of them must not make too many. */
const MAX_KEYS_OF_TOLD = 500;

interface Need {
  readonly use: KeyUse;
  readonly database: string;
}

/** Sorted, each once. User custody alone and plain data need no key of the company. */
export function keyNeeds(rules: DeviceRules, databases: readonly string[]): Need[] {
  const found = new Map<string, Need>();
  const names = Object.keys(rules.databases).filter((name) => name !== '*');
  for (const name of [...new Set([...names, ...databases])].sort().concat('*')) {
    for (const itemClass of ['enterprise', 'personal'] as const) {
      const rule = ruleFor(rules, name, itemClass);
      const use = rule.encrypt.value;
      if (rule.backup.value === 'deny' || rule.custody.value === 'user' || use === 'none') continue;
      if (use === 'database' && name === '*') continue;
      const need = { use, database: use === 'database' ? name : '' };
      found.set(JSON.stringify(need), need);
    }
  }
  return [...found.values()];
}

/** A new epoch: it encrypts from now on, the older ones stay for decryption. */
export async function rotateKeys(ctx: Context, actor: string, wish: RotateKeys): Promise<Key> {
  const user = wish.use === 'device' ? undefined : await mustUser(ctx.db, wish.user);
  const owner = wish.use === 'device' ? wish.device : user!.id;
  const database = wish.use === 'database' ? wish.database : '';
  const made = await ctx.db.transaction().execute(async (tx) => {
    const [newest] = await keyEpochs(tx, wish.use, owner, database);
    if (newest === undefined) {
      throw new ServerError('ERR_NOT_FOUND', 'there is no such key yet; one is made when a rule needs it');
    }
    return makeKey(ctx, tx, actor, wish.use, owner, database, newest.epoch + 1);
  });
  ctx.wake(user === undefined ? [owner] : (await devicesOf(ctx.db, user.id)).map((device) => device.id));
  return showMade(ctx.db, made);
}

/** The user whose key, or whose device's key, it is. */
export async function ownerOf(db: Db, { use, owner }: PolicyKeyRow): Promise<string> {
  return use === 'device' ? ((await deviceById(db, owner))?.user_id ?? owner) : owner;
}

/** A key that was just made. */
export async function showMade(db: Db, row: PolicyKeyRow): Promise<Key> {
  const userId = await ownerOf(db, row);
  return showKey(row, (await userById(db, userId))?.name ?? userId, row.epoch, false);
}

/** Gives every key that all of the user's devices hold a new epoch: one of them may be in other hands. */
export async function rotateUserKeys(ctx: Context, tx: Tx, actor: string, userId: string): Promise<void> {
  const seen = new Set<string>();
  for (const { use, database, epoch } of await keysOf(tx, [userId])) {
    const name = JSON.stringify([use, database]);
    if (!seen.has(name)) await makeKey(ctx, tx, actor, use, userId, database, epoch + 1);
    seen.add(name);
  }
}

export async function keys(ctx: Context): Promise<Key[]> {
  const rows = await listKeys(ctx.db);
  const newest = new Map<string, number>();
  const name = ({ use, owner, database }: PolicyKeyRow) => JSON.stringify([use, owner, database]);
  for (const row of rows) newest.set(name(row), Math.max(row.epoch, newest.get(name(row)) ?? 0));
  const [users, erased] = [await userNames(ctx.db), await erasedFor(ctx.db, ALL_DEVICES)];
  const owners = new Map((await scopedDevices(ctx.db)).map(({ id, user_id }) => [id, user_id]));
  const shown: Key[] = [];
  const next = pace();
  for (const row of rows) {
    await next();
    const userId = row.use === 'device' ? (owners.get(row.owner) ?? row.owner) : row.owner;
    shown.push(showKey(row, users.get(userId) ?? userId, newest.get(name(row))!, erased.has(row.kid)));
  }
  return shown;
}

export async function makeKey(
  ctx: Context,
  tx: Tx,
  actor: string,
  use: KeyUse,
  owner: string,
  database: string,
  epoch: number,
): Promise<PolicyKeyRow> {
  const kid = newId(ctx.platform);
  const sealed = ctx.sealer.seal(keyPlace(kid), ctx.platform.random(32));
  const row = { ...{ kid, use, owner, database, epoch, sealed }, created: ctx.clock() };
  await addKey(tx, row);
  const detail = { use, owner, epoch, ...(database === '' ? {} : { database }) };
  await record(ctx, tx, { actor, action: epoch === 1 ? 'key.make' : 'key.rotate', subject: kid, detail });
  return row;
}

function openKey(ctx: Context, { kid, use, database, sealed }: PolicyKeyRow): PolicyKey {
  const k = toBase64Url(ctx.sealer.open(keyPlace(kid), sealed));
  return { kid, use, ...(use === 'database' ? { database } : {}), k };
}

const keyPlace = (kid: string): Place => ({ table: 'policy_key', row: kid, column: 'sealed' });

function showKey(row: PolicyKeyRow, user: string, newest: number, erased: boolean): Key {
  const { kid, use, owner, database, epoch, created } = row;
  return {
    ...{ kid, use, epoch, created, user, erased },
    ...(use === 'device' ? { device: owner } : {}),
    ...(use === 'database' ? { database } : {}),
    current: epoch === newest,
  };
}
