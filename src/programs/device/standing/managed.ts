/** A device of an enterprise: policy messages say what it may (B14). */
import { sameArea } from '../../../api/area/index.ts';
import type { KeyHolder, KeyUse } from '../../../backup/index.ts';
import { ProtectedKeys, ProtectedTrust } from '../../../custody/index.ts';
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
import type { Standing } from './standing.ts';

/** @throws DeviceError `ERR_NOT_ENROLLED`, `ERR_DEVICE_ENDED`, `ERR_POLICY_EXPIRED` */
export async function standManaged(context: OperationContext): Promise<Standing> {
  const session = await openOnline(context.home, context.clock, context.signal);
  try {
    const { seq } = await freshen(context, session);
    const { memory, keys } = session;
    return {
      gate: heldGate(session),
      seq,
      user: session.enrolled().enrolment.user.id,
      trust: new ProtectedTrust(memory),
      clock: session.clock,
      now: () => memory.now(),
      keys: () => new ProtectedKeys(memory, keys),
      keysForFile: () => keysForFile(session),
      access: (area) => memory.grants().find((grant) => sameArea(grant.area, area)),
      meet: async () => {},
      deletion: (area, signal) => openLink(session).deleteGrant(area, signal),
      tell: (head) => tell(context, session, head),
      areaMissing:
        'no policy names a storage area for this device; its administrator has to name one under "destinations"',
      audit: (event) => audit(context, session, event),
      [Symbol.asyncDispose]: async () => session[Symbol.dispose](),
    };
  } catch (error) {
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

/** The data keys are gone as soon as a policy message has erased the keys that they are sealed to (B7). */
function keysForFile({ memory, keys }: Session): KeyHolder {
  const own = new ProtectedKeys(memory, keys);
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
