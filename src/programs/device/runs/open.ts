/** What every run works with: the engine, put together for a device as it stands, and a destination. */
import type { EngineContext, Head, KeyHolder, Trust } from '../../../backup/index.ts';
import { type AreaDestination, areaDestination } from '../../../destinations/area/index.ts';
import { nodePlatform } from '../../../platform/node.ts';
import type { Destination } from '../../../set/index.ts';
import type { Outage } from '../../../transport/index.ts';
import { asHead, type OutboxState, readOutbox } from '../channel/index.ts';
import { notice, type OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import type { Standing } from '../standing/index.ts';
import { isFile, openFile } from './open-file.ts';

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
  standing: Standing,
  from: string | undefined,
  deletion: () => string | undefined = () => undefined,
): Promise<OpenedEngine> {
  const { gate } = standing;
  if (isFile(from)) {
    const file = await openFile(from);
    const engine = await engineOn(context, standing, file, standing.keysForFile()).catch(async (error) => {
      await file.close();
      throw error;
    });
    return { engine, destination: from, close: () => file.close() };
  }
  const named = from ?? gate.rules.destinations[0]?.area;
  if (named === undefined) {
    throw new DeviceError('ERR_USAGE', standing.areaMissing);
  }
  const access = () => standing.access(named);
  // However it was written, one area has one name here: what is remembered of it goes by that.
  const destination = access()?.area;
  if (destination === undefined) {
    const known = gate.rules.destinations.map(({ area }) => area).join(', ') || 'none';
    const message = `this device has no access to ${named}; areas that it has: ${known}`;
    throw new DeviceError('ERR_NO_GRANT', message);
  }
  const keys = standing.keys();
  const area = areaDestination({
    uri: destination,
    prefix: `${standing.user}/`,
    // A message that comes during a long run renews them.
    grants: () => {
      const grants = access();
      if (grants) return { append: grants.append, read: grants.read, delete: deletion() };
      throw new DeviceError('ERR_NO_GRANT', `this device no longer has access to ${destination}`);
    },
    sign: (typ, payload) => keys.sign(typ, payload),
    clock: standing.clock,
    signal: context.signal,
    retry: { patience: context.wait ?? WAIT },
    onOutage: (outage) => tellOutage(context, outage),
  });
  try {
    await standing.meet(area);
    const engine = await engineOn(context, standing, area, standing.keys());
    return { engine, destination, area, close: () => area.close() };
  } catch (error) {
    await area.close();
    throw error;
  }
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
  standing: Standing,
  destination: Destination,
  keys: KeyHolder,
): Promise<EngineContext> {
  const stored = await readOutbox(context.home);
  return {
    platform: nodePlatform,
    clock: standing.now,
    destination,
    keys,
    trust: withOwnHeads(standing.trust, keys.device, stored),
    report: (event) => void context.emit(event),
    signal: context.signal,
  };
}

/**
 * What this device has stored itself it knows, also when the server has not been told yet (U2). Which key a device has
 * never changes: it is looked up once, not for each of hundreds of manifests.
 */
function withOwnHeads(trust: Trust, device: string, { last, heads }: OutboxState): Trust {
  const own = [...heads, ...(last ? [last] : [])].map((head): Head => ({ device, ...asHead(head) }));
  const signers = new Map<string, ReturnType<Trust['signer']>>();
  return {
    signer(id) {
      const known = signers.get(id) ?? trust.signer(id);
      signers.set(id, known);
      return known;
    },
    ended: (id) => trust.ended(id),
    heads: () => [...trust.heads(), ...own],
    get knownAt() {
      return trust.knownAt;
    },
  };
}
