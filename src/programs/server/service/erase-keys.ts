import type { ErasedKeys, EraseKeys, Key } from '../../../api/server/index.ts';
import { type Command, newId } from '../../../policy/message/index.ts';
import { ServerError } from '../errors.ts';
import {
  ALL_DEVICES,
  addCommand,
  addErasure,
  devicesOf,
  erasedFor,
  keyById,
  keyEpochs,
  openCommands,
  type PolicyKeyRow,
  type Tx,
} from '../store/index.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { mustDevice } from './lookup.ts';
import { makeKey, ownerOf, showMade } from './policy-keys.ts';

/**
 * Takes keys away from devices (B2, B7): they are told to forget them, and no message brings them again. Without
 * `devices` that is for all of the user's, also later ones, and where the key encrypts a new one does from now on. The
 * server keeps its copy.
 *
 * @throws ServerError `ERR_NOT_FOUND`; `ERR_CONFLICT` when it was erased there before, or would leave a device without a key
 */
export async function eraseKeys(ctx: Context, actor: string, wish: EraseKeys): Promise<ErasedKeys> {
  const made: PolicyKeyRow[] = [];
  const told = await ctx.db.transaction().execute(async (tx) => {
    const byDevice = new Map<string, string[]>();
    for (const kid of new Set(wish.kids)) {
      const key = await mustKey(tx, kid);
      const devices = await holders(tx, key, wish.devices);
      const next = await succeed(ctx, tx, actor, key, wish.devices !== undefined);
      if (next !== undefined) made.push(next);
      for (const place of wish.devices ?? [ALL_DEVICES]) {
        if (!(await addErasure(tx, kid, place, ctx.clock())))
          throw new ServerError('ERR_CONFLICT', `the key ${kid} was erased there already`);
      }
      for (const id of devices) byDevice.set(id, [...(byDevice.get(id) ?? []), kid]);
      const { use, owner, epoch, database } = key;
      const detail = { use, owner, epoch, ...(database === '' ? {} : { database }), devices };
      await record(ctx, tx, { actor, action: 'key.erase', subject: kid, detail });
    }
    for (const [device, kids] of byDevice) await command(ctx, tx, device, kids);
    return [...byDevice.keys()];
  });
  ctx.wake(told);
  const shown: Key[] = [];
  for (const row of made) shown.push(await showMade(ctx.db, row));
  return { keys: new Set(wish.kids).size, devices: told.length, made: shown };
}

/**
 * A device that says it holds an erased key was set back to an older state: it is told again.
 *
 * @param held key ids, as an acknowledgement names them
 */
export async function eraseAgain(
  ctx: Context,
  tx: Tx,
  device: string,
  held: readonly string[],
): Promise<void> {
  const erased = await erasedFor(tx, device);
  const found = held.filter((kid) => erased.has(kid));
  if (found.length === 0) return;
  const open = (await openCommands(tx, device)).map((row) => JSON.parse(row.command) as Command);
  const listed = new Set(open.flatMap((one) => (one.kind === 'erase-keys' ? one.kids : [])));
  const kids = found.filter((kid) => !listed.has(kid));
  if (kids.length > 0) await command(ctx, tx, device, kids);
}

async function command(ctx: Context, tx: Tx, device: string, kids: readonly string[]): Promise<void> {
  const made: Command = { id: newId(ctx.platform), kind: 'erase-keys', kids };
  await addCommand(tx, {
    ...{ id: made.id, device_id: device, command: JSON.stringify(made), created: ctx.clock() },
    ...{ acknowledged: null, result: null },
  });
}

/** Devices that may hold the key; only those that are asked for, all of which must be among them. */
async function holders(tx: Tx, key: PolicyKeyRow, only: readonly string[] | undefined): Promise<string[]> {
  const user = await ownerOf(tx, key);
  const all = (await devicesOf(tx, user)).filter(
    ({ id, state }) => state !== 'ended' && (key.use !== 'device' || id === key.owner),
  );
  const ids = all.map(({ id }) => id);
  for (const id of only ?? []) {
    await mustDevice(tx, id);
    if (!ids.includes(id))
      throw new ServerError('ERR_CONFLICT', `the device ${id} does not hold the key ${key.kid}`);
  }
  return only === undefined ? ids : [...new Set(only)];
}

/** What encrypts instead, where the key does so now. */
async function succeed(
  ctx: Context,
  tx: Tx,
  actor: string,
  key: PolicyKeyRow,
  alone: boolean,
): Promise<PolicyKeyRow | undefined> {
  const { kid, use, owner, database } = key;
  const [newest] = await keyEpochs(tx, use, owner, database);
  if (newest?.kid !== kid) return undefined;
  if (alone) {
    throw new ServerError(
      'ERR_CONFLICT',
      `the key ${kid} encrypts: rotate it first, or erase it from all devices`,
    );
  }
  return makeKey(ctx, tx, actor, use, owner, database, newest.epoch + 1);
}

async function mustKey(tx: Tx, kid: string): Promise<PolicyKeyRow> {
  const key = await keyById(tx, kid);
  if (key === undefined) throw new ServerError('ERR_NOT_FOUND', `there is no key ${kid}`);
  return key;
}
