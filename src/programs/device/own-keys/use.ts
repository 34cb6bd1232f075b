/** Operations `waysUse` and `waysFound`: a user's own keys on a device that a server governs (U1, U5). */
import { hostname } from 'node:os';
import type { WayIn } from '../../../custody/wim/index.ts';
import type { AreaDestination } from '../../../destinations/area/index.ts';
import { equalBytes } from '../../../lib/bytes.ts';
import { nodePlatform } from '../../../platform/node.ts';
import type { AreaGrant } from '../../../policy/message/index.ts';
import { edPublic, followOwnerRecords, OwnerError, openOwnerRecord } from '../../../policy/owner/index.ts';
import type { Session } from '../channel/index.ts';
import type { Handler, OperationContext, Parsed } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { Lock } from '../home/index.ts';
import {
  describeOwner,
  firstRecord,
  openArea,
  proveWays,
  requireWayBack,
  shownRecords,
  signatureKeyOf,
  storeMissing,
  withDevice,
  withWays,
} from '../owner/index.ts';
import { online } from './online.ts';
import { markKeyrings, openOwnKeys, openOwnMemory } from './open.ts';
import { tellOwnKeys } from './tell.ts';

/** Whether a record of this user lies in the storage areas: then one way in is enough to use it here. */
export const waysFound: Handler<'waysFound'> = async (context) => {
  using session = await online(context);
  await using areas = openAreas(context, session);
  return { found: (await shown(areas.open)).size > 0 };
};

export const waysUse: Handler<'waysUse'> = async (context, params) => {
  const { home, signal, agent } = context;
  using session = await online(context);
  const { id: user } = session.enrolled().enrolment.user;
  await using _ = await Lock.take(home, 'policy', { task: 'takes ways in', wait: 20_000, signal });
  using own = await openOwnKeys(home, user);
  if (own.memory)
    throw new DeviceError('ERR_USAGE', 'this device uses your ways in already; see: holdfast device owner');
  return await withWays(params.ways, async (ways) => {
    await using areas = openAreas(context, session);
    const there = await shown(areas.open);
    if (there.size === 0) requireWayBack(ways, params.alone === true);
    await proveWays(ways);
    const records =
      there.size === 0
        ? await begin(context, session, user, params, ways)
        : await join(context, session, user, there, params, ways[0]!);
    // The areas decide who is first when two devices do this at once: the other one begins again.
    for (const area of areas.open) await storeMissing(area, records);
    const memory = openOwnMemory(home, user);
    try {
      memory.begin(records, context.clock());
      markKeyrings(memory);
      await tellOwnKeys(session, memory);
      agent?.wake();
      return await describeOwner(memory.record(), session.keys.device);
    } finally {
      memory.close();
    }
  });
};

/** All areas of the rules, to read and to store records. */
function openAreas(context: OperationContext, session: Session) {
  const user = session.enrolled().enrolment.user.id;
  const open = session.memory.grants().map((grant): AreaDestination => {
    const { area: uri, read } = grant;
    return openArea(context, session.keys, { uri, user, grants: { append: ownerGrant(grant), read } });
  });
  if (open.length === 0)
    throw new DeviceError(
      'ERR_USAGE',
      'your ways in are kept in storage areas, and no policy names one for this device yet',
    );
  const close = async (): Promise<void> => {
    for (const area of open) await area.close();
  };
  return { open, [Symbol.asyncDispose]: close };
}

/** @throws DeviceError `ERR_NO_GRANT` */
export function ownerGrant({ owner, area }: AreaGrant): string {
  if (owner !== undefined) return owner;
  throw new DeviceError(
    'ERR_NO_GRANT',
    `the server gives no right to keep ways in at ${area}: it is too old`,
  );
}

/** What all areas show. @throws OwnerError when they contradict each other */
async function shown(areas: readonly AreaDestination[]): Promise<ReadonlyMap<number, Uint8Array>> {
  const all = new Map<number, Uint8Array>();
  for (const area of areas)
    for (const [version, bytes] of await shownRecords(area)) {
      const other = all.get(version);
      if (other && !equalBytes(other, bytes))
        throw new OwnerError('ERR_OWNER_FORKED', `${area.label} shows another owner record ${version}.`);
      all.set(version, bytes);
    }
  return all;
}

async function begin(
  context: OperationContext,
  { keys }: Session,
  user: string,
  { name = hostname(), alone }: Parsed<'waysUse'>,
  ways: readonly WayIn[],
): Promise<ReadonlyMap<number, Uint8Array>> {
  const device = { id: keys.device, name, jwk: edPublic(keys.signingKey) };
  return new Map([[1, await firstRecord(user, device, ways, alone === true, context.clock())]]);
}

/** The user has ways in already; this device is added to those that a terminal without a server believes. */
async function join(
  context: OperationContext,
  { keys }: Session,
  user: string,
  there: ReadonlyMap<number, Uint8Array>,
  { name = hostname() }: Parsed<'waysUse'>,
  way: WayIn,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const signature = signatureKeyOf(way);
  const trusted = await followOwnerRecords(nodePlatform, there, { kind: 'way', signature });
  if (trusted.record.user !== user)
    throw new DeviceError('ERR_NOT_YOURS', `the owner records there are of user ${trusted.record.user}`);
  const device = { id: keys.device, name, jwk: edPublic(keys.signingKey) };
  const bytes = await withDevice(trusted, device, way, context.clock());
  const records = new Map([...there].filter(([version]) => version <= trusted.record.version));
  if (bytes) records.set(openOwnerRecord(nodePlatform, bytes).record.version, bytes);
  return records;
}
