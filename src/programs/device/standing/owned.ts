/** A device of a person: their owner record says what it may, and built-in rules what it does (U4). */
import type { KeyHolder } from '../../../backup/index.ts';
import type { Identity } from '../../../crypto/index.ts';
import { OwnerKeys, OwnerTrust } from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import { keepHead } from '../channel/index.ts';
import type { OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { makeGate } from '../gate/index.ts';
import { Lock } from '../home/index.ts';
import { deleteGrant, openOwner } from '../owner/index.ts';
import { ownRules } from './own-rules.ts';
import { sameArea } from './same-area.ts';
import type { Standing } from './standing.ts';

export async function standOwned(context: OperationContext, ways: readonly WayIn[]): Promise<Standing> {
  const session = await openOwner(context.home, context.clock);
  const { memory, keys, clock } = session;
  try {
    const holder = await OwnerKeys.open(memory, keys, ways.map(asIdentity));
    const record = memory.record();
    const grantee = { user: record.user, device: keys.device, jwk: keys.signingKey };
    return {
      gate: makeGate(
        ownRules(memory.grants().map(({ area }) => area)),
        ({ custody }) => custody === 'user',
        record.ways.map(({ name }) => name),
      ),
      seq: 0,
      user: record.user,
      trust: new OwnerTrust(record, memory.seenAt()),
      clock,
      now: clock,
      keys: () => holder,
      keysForFile: () => keptNowhere(holder),
      access: (area) => memory.grants().find((grant) => sameArea(grant.area, area)),
      async deletion(area) {
        const [way] = ways;
        if (!way)
          throw new DeviceError('ERR_NO_GRANT', 'to delete, a way in has to be at hand; name one with --wim');
        return { grant: await deleteGrant(way, grantee, area, clock()) };
      },
      async tell(head) {
        const lock = await Lock.take(context.home, 'policy', { task: 'keeps a head', wait: 60_000 });
        await keepHead(context.home, head).finally(() => lock.release());
        return true;
      },
      areaMissing: 'this device has no storage area yet; run: holdfast area add URI --wim FILE',
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

const asIdentity = (way: WayIn): Identity => ({
  kind: 'operation',
  thumbprint: way.public.decipher.thumbprint,
  unwrap: (wrapped) => way.unwrap(wrapped),
});

/** The same keys, for one run. */
function keptNowhere(holder: OwnerKeys): KeyHolder {
  const keyrings = new Map<string, Uint8Array>();
  return {
    device: holder.device,
    sign: (typ, payload) => holder.sign(typ, payload),
    recipients: (use) => holder.recipients(use),
    identities: () => holder.identities(),
    keyring: (chain) => keyrings.get(chain),
    keepKeyring: (chain, state) => void keyrings.set(chain, state),
    forgetKeyring: (chain) => void keyrings.delete(chain),
  };
}
