/** Operation `ways` where a server governs the device: the list changes, and the next backup seals everything anew. */
import { keyThumbprint } from '../../../policy/owner/index.ts';
import type { Handler, OperationContext } from '../context.ts';
import { Lock } from '../home/index.ts';
import { changeWays, describeOwner, type RecordHost, withWays } from '../owner/index.ts';
import { noOwnKeys } from './none.ts';
import { online } from './online.ts';
import { openOwnKeys } from './open.ts';
import { tellOwnKeys } from './tell.ts';
import { ownerGrant } from './use.ts';

export const changeOwnWays: Handler<'ways'> = async (context, { way, add, remove, alone }) => {
  (await openHost(context))[Symbol.dispose](); // before anything is asked of a way in
  const { home, signal, agent } = context;
  await using _ = await Lock.take(home, 'run', { task: 'changes the ways in', signal });
  return await withWays([way, ...(add ? [add] : [])], async ([first, added]) => {
    const done = await changeWays(context, { way: first!, added, remove, alone }, openHost);
    agent?.wake();
    using host = await openHost(context);
    using session = await online(context);
    await tellOwnKeys(session, host.memory);
    const { changed, removed, renew } = done;
    return {
      owner: await describeOwner(host.memory.record(), host.keys.device),
      ...{ changed, renew, areas: [], anew: true as const, complete: true },
      ...(removed && { removed: { id: await keyThumbprint(removed.signature), name: removed.name } }),
    };
  });
};

/** The server gives access to the areas; no way in has to. */
async function openHost(context: OperationContext): Promise<RecordHost> {
  const session = await online(context);
  try {
    const { memory: held, keys } = session;
    const own = await openOwnKeys(context.home, session.enrolled().enrolment.user.id);
    const { memory } = own;
    if (!memory) throw noOwnKeys();
    return {
      ...{ memory, keys },
      async areas() {
        const grants = held.grants();
        for (const { area } of grants) memory.watch(area);
        return new Map(grants.map((grant) => [grant.area, { append: ownerGrant(grant), read: grant.read }]));
      },
      renew: async () => true,
      [Symbol.dispose]() {
        own[Symbol.dispose]();
        session[Symbol.dispose]();
      },
    };
  } catch (error) {
    session[Symbol.dispose]();
    throw error;
  }
}
