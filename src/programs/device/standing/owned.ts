/** A device of a person: their owner record says what it may, and built-in rules what it does (U4). */
import { sameArea } from '../../../api/area/index.ts';
import { OwnerKeys, OwnerTrust } from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import { edPublic } from '../../../policy/owner/index.ts';
import { keepHead } from '../channel/index.ts';
import type { OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { makeGate } from '../gate/index.ts';
import { Lock } from '../home/index.ts';
import { deleteGrant, identitiesOf, openOwner, shownRecords } from '../owner/index.ts';
import { keptNowhere } from './kept-nowhere.ts';
import { ownRules } from './own-rules.ts';
import type { Standing } from './standing.ts';

/** @throws OwnerMemoryError when the owner has ended this device */
export async function standOwned(context: OperationContext, ways: readonly WayIn[]): Promise<Standing> {
  const session = await openOwner(context.home, context.clock);
  const { memory, keys, clock } = session;
  const identities = await identitiesOf(ways);
  try {
    let holder = await OwnerKeys.open(memory, keys, identities);
    const { user } = memory.record();
    return {
      gate: makeGate(
        ownRules(memory.grants().map(({ area }) => area)),
        ({ custody }) => custody === 'user',
        memory.record().ways.map(({ name }) => name),
      ),
      seq: 0,
      user,
      get trust() {
        return new OwnerTrust(memory.record(), memory.seenAt());
      },
      clock,
      now: clock,
      keys: () => holder,
      keysForFile: () => keptNowhere(holder),
      access: (area) => memory.grants().find((grant) => sameArea(grant.area, area)),
      areaMissing: 'this device has no storage area yet; run: holdfast area add URI --wim FILE',
      async meet(area) {
        const { version } = memory.record();
        const at = memory.grants().find((grant) => sameArea(grant.area, area.label))?.area ?? area.label;
        const since = Math.max(1, Math.min(version, memory.shownAt(at)));
        if ((await memory.follow(await shownRecords(area, since), clock(), at)).version > version)
          holder = await OwnerKeys.open(memory, keys, identities);
      },
      async deletion(area) {
        const [way] = ways;
        if (!way)
          throw new DeviceError('ERR_NO_GRANT', 'to delete, a way in has to be at hand; name one with --wim');
        const grantee = { user, device: keys.device, jwk: edPublic(keys.signingKey) };
        return { grant: await deleteGrant(way, grantee, area, clock()) };
      },
      async tell(head) {
        const lock = await Lock.take(context.home, 'policy', { task: 'keeps a head', wait: 60_000 });
        await keepHead(context.home, head).finally(() => lock.release());
        return true;
      },
      audit: async () => {},
      async [Symbol.asyncDispose]() {
        session[Symbol.dispose]();
        for (const way of ways) await way.close();
      },
    };
  } catch (error) {
    session[Symbol.dispose]();
    throw error;
  }
}
