/** Operations on the storage areas of a device without a server (N7, N8). */
import { areaUri, parseAreaUri, sameArea } from '../../../api/area/index.ts';
import type { AreaRow } from '../../../api/device/index.ts';
import type { OwnerGrant, OwnerMemory } from '../../../custody/index.ts';
import { edPublic } from '../../../policy/owner/index.ts';
import type { Handler } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { Lock } from '../home/index.ts';
import { openArea } from './area.ts';
import { readGrant, recordGrant, standingGrant } from './grants.ts';
import { openOwner } from './open.ts';
import { shownRecords, storeRecord } from './records.ts';
import { withWays } from './way.ts';

/** Gives this device access, and the area the owner records. Again: renews the access. */
export const areaAdd: Handler<'areaAdd'> = async (context, { uri, way: wayParams }) => {
  const { home, clock, signal, agent } = context;
  using session = await openOwner(home, clock);
  const { memory, keys } = session;
  await using _ = await Lock.take(home, 'policy', { task: 'adds an area', wait: 20_000, signal });
  const grant = await withWays([wayParams], async ([way]) => {
    const { user } = memory.record();
    const grantee = { user, device: keys.device, jwk: edPublic(keys.signingKey) };
    const now = clock();
    const grants = {
      append: await recordGrant(way!, grantee, uri, now),
      read: await readGrant(way!, grantee, uri, now),
    };
    const area = openArea(context, keys, { uri, user, grants });
    try {
      const shown = await shownRecords(area);
      await memory.follow(shown, now, rowOf(memory, uri)?.area);
      for (const [version, bytes] of memory.records())
        if (!shown.has(version)) await storeRecord(area, version, bytes);
    } finally {
      await area.close();
    }
    return standingGrant(way!, grantee, uri, now);
  });
  memory.keepGrant(grant);
  agent?.wake();
  return rowsOf(memory).find((row) => sameArea(row.uri, uri))!;
};

export const areaList: Handler<'areaList'> = async ({ home, clock }) => {
  using session = await openOwner(home, clock);
  return { areas: rowsOf(session.memory) };
};

/** Nothing that lies there is deleted. */
export const areaRemove: Handler<'areaRemove'> = async ({ home, clock, agent }, { uri }) => {
  using session = await openOwner(home, clock);
  session.memory.dropGrant(known(session.memory, uri).area);
  agent?.wake();
  return { areas: rowsOf(session.memory) };
};

export const areaUse: Handler<'areaUse'> = async ({ home, clock, agent }, { uri }) => {
  using session = await openOwner(home, clock);
  session.memory.putFirst(known(session.memory, uri).area);
  agent?.wake();
  return { areas: rowsOf(session.memory) };
};

const rowOf = (memory: OwnerMemory, uri: string): OwnerGrant | undefined =>
  memory.grants().find(({ area }) => sameArea(area, uri));

function rowsOf(memory: OwnerMemory): AreaRow[] {
  const { user } = memory.record();
  return memory.grants().map(({ area, expires }, i) => ({
    uri: areaUri({ ...parseAreaUri(area), place: `${user}/` }),
    first: i === 0,
    expires,
  }));
}

/** @throws DeviceError `ERR_USAGE` */
function known(memory: OwnerMemory, uri: string): OwnerGrant {
  const found = rowOf(memory, uri);
  if (found) return found;
  const all = memory.grants().map(({ area }) => area);
  throw new DeviceError(
    'ERR_USAGE',
    `${uri} is none of this device's areas: ${all.join(', ') || 'it has none'}`,
  );
}
