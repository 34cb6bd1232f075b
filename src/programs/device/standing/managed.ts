/** A device of an enterprise: policy messages say what it may (B14). */
import { sameArea } from '../../../api/area/index.ts';
import type { KeyHolder, KeyUse } from '../../../backup/index.ts';
import { OwnerKeys, ProtectedKeys, ProtectedTrust } from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import { BaseError } from '../../../lib/errors.ts';
import {
  exchange,
  freshen,
  keepEvent,
  keepHead,
  type LastBackup,
  openLink,
  openOnline,
  QUICK,
  type Session,
  type UnsentEvent,
  type UnsentHead,
} from '../channel/index.ts';
import { notice, type OperationContext } from '../context.ts';
import { heldGate } from '../gate/index.ts';
import { Lock } from '../home/index.ts';
import { Consents, noOwnKeys, type OwnKeys, openOwnKeys, tellOwnKeys } from '../own-keys/index.ts';
import type { Standing } from './standing.ts';

/**
 * @param sharing what is shared is sealed for the user's own keys, never for the company's
 * @throws DeviceError `ERR_NOT_ENROLLED`, `ERR_DEVICE_ENDED`, `ERR_POLICY_EXPIRED`, `ERR_NO_KEY`; OwnerMemoryError
 */
export async function standManaged(
  context: OperationContext,
  ways: readonly WayIn[],
  sharing = false,
): Promise<Standing> {
  const session = await openOnline(context.home, context.clock, context.signal);
  let own: OwnKeys | undefined;
  try {
    const { seq } = await freshen(context, session);
    const { memory } = session;
    const user = session.enrolled().enrolment.user.id;
    const mine = await openOwnKeys(context.home, user, ways);
    own = mine;
    const ofUser = async (): Promise<OwnerKeys | undefined> => {
      if (!sharing) return undefined;
      if (!mine.memory) throw noOwnKeys();
      return OwnerKeys.open(mine.memory, session.keys, mine.side.identities);
    };
    let shared = await ofUser();
    const consents = await Consents.read(context.home, user);
    const grantFor = (area: string) => memory.grants().find((grant) => sameArea(grant.area, area));
    return {
      gate: heldGate(session, mine, consents),
      seq,
      user,
      trust: new ProtectedTrust(memory),
      clock: session.clock,
      now: () => memory.now(),
      keys: () => shared ?? noting(keysOf(session, mine), mine, consents),
      keysForFile: () => noting(keysForFile(keysOf(session, mine)), mine, consents),
      access: grantFor,
      async meet(area) {
        const grant = grantFor(area.label);
        if (!grant) return;
        await mine.meet(context, session, area, grant);
        shared = await ofUser();
      },
      deletion: (area, signal) => openLink(session).deleteGrant(area, signal),
      async tell(head) {
        await saveConsents(context, consents);
        await tellOwnKeys(session, mine.memory);
        return tell(context, session, head);
      },
      areaMissing:
        'no policy names a storage area for this device; its administrator has to name one under "destinations"',
      audit: (event) => audit(context, session, event),
      async [Symbol.asyncDispose]() {
        session[Symbol.dispose]();
        mine[Symbol.dispose]();
        for (const way of ways) await way.close();
      },
    };
  } catch (error) {
    own?.[Symbol.dispose]();
    session[Symbol.dispose]();
    throw error;
  }
}

/** Kept from the moment the manifest is stored; the server is told at once, or as soon as it answers. */
async function tell(
  context: OperationContext,
  session: Session,
  head: LastBackup | UnsentHead,
): Promise<boolean> {
  const lock = await Lock.take(context.home, 'policy', { task: 'keeps a head', wait: 60_000 });
  await keepHead(context.home, head);
  lock.release();
  try {
    await exchange(context.home, session, openLink(session, QUICK), AbortSignal.timeout(10_000));
    return true;
  } catch (error) {
    const why = (error as Error).message;
    const message = `it is stored, but the server was not told yet (${why}); it is told later`;
    notice(context, 'HEAD_UNSENT', message);
    return false;
  }
}

/** It waits on this device until the server has it: a server that is away keeps nobody from their data. */
async function audit(context: OperationContext, session: Session, event: UnsentEvent): Promise<void> {
  const lock = await Lock.take(context.home, 'policy', { task: 'keeps an event', wait: 60_000 });
  await keepEvent(context.home, event).finally(() => lock.release());
  try {
    await exchange(context.home, session, openLink(session, QUICK), AbortSignal.timeout(10_000));
  } catch (error) {
    const message = `the server was not told of it yet (${(error as Error).message}); it is told later`;
    notice(context, 'EVENT_UNSENT', message);
  }
}

/** As they are at this moment: an area may have shown a newer list of ways in. */
const keysOf = ({ memory, keys }: Session, own: OwnKeys): ProtectedKeys =>
  new ProtectedKeys(memory, keys, own.side);

/** Whom personal data is sealed for is kept: a change that lets the company in is asked about first (U1). */
function noting(holder: KeyHolder, { list }: OwnKeys, consents: Consents): KeyHolder {
  return {
    ...{ device: holder.device, list },
    sign: (typ, payload) => holder.sign(typ, payload),
    recipients(use) {
      const recipients = holder.recipients(use);
      if (use.class === 'personal') consents.note(use.database, use.custody);
      return recipients;
    },
    identities: () => holder.identities(),
    keyring: (chain) => holder.keyring(chain),
    keepKeyring: (chain, state) => holder.keepKeyring(chain, state),
    forgetKeyring: (chain) => holder.forgetKeyring(chain),
  };
}

async function saveConsents({ home }: OperationContext, consents: Consents): Promise<void> {
  await using _ = await Lock.take(home, 'policy', { task: 'keeps who opens', wait: 60_000 });
  await consents.save();
}

/** The data keys are gone as soon as a policy message has erased the keys that they are sealed to (B7). */
function keysForFile(own: KeyHolder): KeyHolder {
  const keyrings = new Map<string, Uint8Array>();
  const uses: KeyUse[] = [];
  const held = (): boolean => {
    try {
      for (const use of uses) own.recipients(use);
      return true;
    } catch (error) {
      if (error instanceof BaseError) return false;
      throw error;
    }
  };
  return {
    device: own.device,
    sign: (typ, payload) => own.sign(typ, payload),
    recipients(use) {
      uses.push(use);
      return own.recipients(use);
    },
    identities: () => own.identities(),
    keyring: (chain) => (held() ? keyrings.get(chain) : undefined),
    keepKeyring: (chain, state) => void keyrings.set(chain, state),
    forgetKeyring: (chain) => void keyrings.delete(chain),
  };
}
