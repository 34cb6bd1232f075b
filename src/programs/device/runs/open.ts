/** What every run begins with: an enrolled device under a policy in force, and the engine put together for it. */
import { parseAreaUri } from '../../../api/area/index.ts';
import type { EngineContext, Head, KeyHolder, Trust } from '../../../backup/index.ts';
import { ProtectedKeys, ProtectedTrust } from '../../../custody/index.ts';
import { type AreaDestination, areaDestination } from '../../../destinations/area/index.ts';
import { nodePlatform } from '../../../platform/node.ts';
import type { Destination } from '../../../set/index.ts';
import type { Outage } from '../../../transport/index.ts';
import { asHead, freshen, type OutboxState, openOnline, readOutbox, type Session } from '../channel/index.ts';
import { notice, type OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { type Gate, heldGate } from '../gate/index.ts';
import { isFile, keysForFile, openFile } from './open-file.ts';

/** The policy that a run is under, before anything of a source or an area is touched. */
export interface Governed extends Disposable {
  readonly session: Session;
  readonly gate: Gate;
  /** Sequence of the message in force. */
  readonly seq: number;
}

/** @throws DeviceError `ERR_NOT_ENROLLED`, `ERR_DEVICE_ENDED`, `ERR_POLICY_EXPIRED` */
export async function govern(context: OperationContext): Promise<Governed> {
  const session = await openOnline(context.home, context.clock, context.signal);
  try {
    const { seq } = await freshen(context, session);
    return { session, gate: heldGate(session), seq, [Symbol.dispose]: () => session[Symbol.dispose]() };
  } catch (error) {
    session[Symbol.dispose]();
    throw error;
  }
}

/** The engine, put together for one destination. */
export interface OpenedEngine {
  readonly engine: EngineContext;
  /** What is remembered of the destination goes by this name. */
  readonly destination: string;
  /** The destination itself, where it is a storage area. */
  readonly area?: AreaDestination;
  close(): Promise<void>;
}

/**
 * Puts the engine together for a storage area or a backup file to read; default: the first area that the policy names.
 * `deletion` is the grant to delete, when there is one.
 */
export async function openEngine(
  context: OperationContext,
  governed: Governed,
  from: string | undefined,
  deletion: () => string | undefined = () => undefined,
): Promise<OpenedEngine> {
  const { session, gate } = governed;
  if (isFile(from)) {
    const file = await openFile(from);
    const engine = await engineOn(context, session, file, keysForFile(session)).catch(async (error) => {
      await file.close();
      throw error;
    });
    return { engine, destination: from, close: () => file.close() };
  }
  const named = from ?? gate.rules.destinations[0]?.area;
  if (named === undefined) {
    const message =
      'no policy names a storage area for this device; its administrator has to name one under "destinations"';
    throw new DeviceError('ERR_USAGE', message);
  }
  const grantFor = () => session.memory.grants().find((grant) => sameArea(grant.area, named));
  // However it was written, one area has one name here: what is remembered of it goes by that.
  const destination = grantFor()?.area;
  if (destination === undefined) {
    const known = gate.rules.destinations.map(({ area }) => area).join(', ') || 'none';
    const message = `this device has no access to ${named}; areas that its policy names: ${known}`;
    throw new DeviceError('ERR_NO_GRANT', message);
  }
  const keys = new ProtectedKeys(session.memory, session.keys);
  const { enrolment } = session.enrolled();
  const area = areaDestination({
    uri: destination,
    prefix: `${enrolment.user.id}/`,
    // A message that comes during a long run renews them.
    grants: () => {
      const grant = grantFor();
      if (grant) return { ...grant, delete: deletion() };
      throw new DeviceError(
        'ERR_NO_GRANT',
        `the policy no longer gives this device access to ${destination}`,
      );
    },
    sign: (typ, payload) => keys.sign(typ, payload),
    clock: session.clock,
    signal: context.signal,
    retry: { patience: context.wait ?? WAIT },
    onOutage: (outage) => tellOutage(context, outage),
  });
  const engine = await engineOn(context, session, area, keys);
  return { engine, destination, area, close: () => area.close() };
}

/** B17: a phone that leaves one network and finds another takes a while. */
const WAIT = 2 * 60_000;

function tellOutage(context: OperationContext, outage: Outage): void {
  const { kind, host } = outage;
  const seconds = Math.round((kind === 'over' ? outage.after : outage.atMost) / 1000);
  if (kind === 'over') notice(context, 'AREA_BACK', `${host} answers again, after ${seconds} s`);
  else {
    const message = `${host} does not answer (${outage.reason}); waiting for it, for up to ${seconds} s`;
    notice(context, 'AREA_AWAITED', message);
  }
}

/** Everything that the engine needs, around a destination. */
export async function engineOn(
  context: OperationContext,
  { memory, enrolled }: Session,
  destination: Destination,
  keys: KeyHolder,
): Promise<EngineContext> {
  const stored = await readOutbox(context.home);
  return {
    platform: nodePlatform,
    clock: () => memory.now(),
    destination,
    keys,
    trust: withOwnHeads(new ProtectedTrust(memory), enrolled().enrolment.device, stored),
    report: (event) => void context.emit(event),
    signal: context.signal,
  };
}

/** An area is the same with and without the user's place behind it (N8). */
function sameArea(one: string, other: string): boolean {
  const [a, b] = [parseAreaUri(one), parseAreaUri(other)];
  return a.base === b.base && a.area === b.area;
}

/** What this device has stored itself it knows, also when the server has not been told yet (U2). */
function withOwnHeads(trust: Trust, device: string, { last, heads }: OutboxState): Trust {
  const own = [...heads, ...(last ? [last] : [])].map((head): Head => ({ device, ...asHead(head) }));
  return {
    signer: (id) => trust.signer(id),
    ended: (id) => trust.ended(id),
    heads: () => [...trust.heads(), ...own],
    get knownAt() {
      return trust.knownAt;
    },
  };
}
