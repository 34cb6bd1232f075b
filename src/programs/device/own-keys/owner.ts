import { openMemory } from '../channel/index.ts';
import type { Handler } from '../context.ts';
import { describeOwner, owner as personal } from '../owner/index.ts';
import { noOwnKeys } from './none.ts';
import { openOwnKeys } from './open.ts';

/** Operation `owner`: whose keys this device knows, with a server or without. */
export const owner: Handler<'owner'> = async (context, params) => {
  const memory = await openMemory(context.home, context.clock);
  const state = memory?.state();
  memory?.close();
  if (state?.kind !== 'enrolled') return personal(context, params);
  const { user, device } = state.enrolment;
  using own = await openOwnKeys(context.home, user.id);
  if (own.memory) return describeOwner(own.memory.record(), device);
  throw noOwnKeys();
};
