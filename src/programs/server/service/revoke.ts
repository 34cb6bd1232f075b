import { type Command, type Ed25519Public, newId, thumbprint } from '../../../policy/message/index.ts';
import type { Policy } from '../../../policy/rules/index.ts';
import { ServerError } from '../errors.ts';
import {
  addCommand,
  addEndedKey,
  allPolicies,
  devicesOf,
  dropCommands,
  type Tx,
  updateDevice,
} from '../store/index.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { mustDevice } from './lookup.ts';
import { rotateUserKeys } from './policy-keys.ts';

/**
 * Ends a device (B14). It gets one last message, which tells it to forget everything; its key goes on the list of
 * ended keys of every area, so that its grants stop counting at once instead of when they expire; and what the
 * user's other devices store from now on is under new keys.
 */
export async function endDevice(ctx: Context, actor: string, id: string): Promise<void> {
  const others = await ctx.serial(`device:${id}`, async () => {
    const device = await mustDevice(ctx.db, id);
    if (device.state === 'ended') throw new ServerError('ERR_CONFLICT', `the device ${id} was ended already`);
    const now = ctx.clock();
    const key = await thumbprint(JSON.parse(device.signing_key) as Ed25519Public);
    await ctx.db.transaction().execute(async (tx) => {
      await updateDevice(tx, id, { state: 'ended', ended: now });
      await dropCommands(tx, id);
      const command: Command = { id: newId(ctx.platform), kind: 'end' };
      await addCommand(tx, {
        ...{ id: command.id, device_id: id, command: JSON.stringify(command), created: now },
        ...{ acknowledged: null, result: null },
      });
      for (const area of await areasEverNamed(tx)) {
        await addEndedKey(tx, {
          ...{ area, thumbprint: key, device_id: id, ended: now },
          ...{ delivered: null, attempts: 0, next_attempt: now },
        });
      }
      await rotateUserKeys(ctx, tx, actor, device.user_id);
      await record(ctx, tx, { actor, action: 'device.revoke', subject: id });
    });
    return devicesOf(ctx.db, device.user_id);
  });
  ctx.wake(others.map((other) => other.id));
}

/** Also by policies of the past: the device may hold a grant from then. */
async function areasEverNamed(tx: Tx): Promise<string[]> {
  const policies = (await allPolicies(tx)).map((row) => JSON.parse(row.document) as Policy);
  return [...new Set(policies.flatMap((policy) => policy.destinations?.map(({ area }) => area) ?? []))];
}
