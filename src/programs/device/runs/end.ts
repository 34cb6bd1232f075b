/** Operation `deviceEnd`: the owner ends a device of theirs, by a way in at hand (U4). */
import { areaUri, parseAreaUri } from '../../../api/area/index.ts';
import type { DeviceEndResult } from '../../../api/device/index.ts';
import { chainEnds } from '../../../backup/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import type { OwnerHead } from '../../../policy/owner/index.ts';
import { isSet } from '../../../set/index.ts';
import type { Handler, OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { Lock } from '../home/index.ts';
import {
  changeRecord,
  describeOwner,
  deviceCalled,
  endAccess,
  openOwner,
  openPersonal,
  withoutDevice,
  withWays,
} from '../owner/index.ts';
import { isGoverned, type Standing, standAsOwner } from '../standing/index.ts';
import { openEngine } from './open.ts';

export const deviceEnd: Handler<'deviceEnd'> = async (
  context,
  { device: called, sets = [], way: params },
) => {
  const { home, clock, signal, agent } = context;
  if (await isGoverned(context))
    throw new DeviceError(
      'ERR_USAGE',
      'a server governs this device, and ends devices: holdfast admin device revoke ID, by its administrator',
    );
  (await openOwner(home, clock))[Symbol.dispose](); // before anything is asked of a way in
  await using _run = await Lock.take(home, 'run', { task: 'ends a device', signal });
  return withWays([params], async ([first]) => {
    const way = first!;
    using host = await openPersonal(context);
    await using _ = await Lock.take(home, 'policy', { task: 'ends a device', wait: 20_000, signal });
    const { memory, keys } = host;
    const areas = memory.grants().map(({ area }) => area);
    let ends: DeviceEnds | undefined;
    const changed = await changeRecord(context, host, {
      way,
      async next() {
        const known = memory.known()!;
        const { id, state } = deviceCalled(known.record, called);
        if (state === 'ended') return undefined;
        if (id === keys.device)
          throw new DeviceError(
            'ERR_USAGE',
            'a device does not end itself: run this on another one, or make one by holdfast device init --from URI',
          );
        // Each reads the record anew: what areas have shown by now counts.
        await using standing = await standAsOwner(context, []);
        ends = await endsOf(context, standing, id, new Set(sets));
        return withoutDevice(known, id, ends.heads, way, clock());
      },
    });
    const record = memory.record();
    agent?.wake();
    const { user } = record;
    const told: DeviceEndResult['areas'] = [];
    // One after the other: a token may ask its owner for each signature.
    for (const area of areas) told.push(await accessAt(context, { area, user }, record, way));
    return {
      owner: await describeOwner(record, keys.device),
      changed,
      heads: changed ? ends!.shown : [],
      areas: told,
    };
  });
};

interface DeviceEnds {
  readonly heads: readonly OwnerHead[];
  readonly shown: DeviceEndResult['heads'];
}

/** How far its chains go, in all areas of this device. */
async function endsOf(
  context: OperationContext,
  standing: Standing,
  device: string,
  sets: ReadonlySet<string>,
): Promise<DeviceEnds> {
  const heads: OwnerHead[] = [];
  const shown: DeviceEndResult['heads'] = [];
  const found = new Set<string>();
  for (const { area: uri } of standing.gate.rules.destinations) {
    const { engine, close } = await openEngine(context, standing, uri);
    try {
      const { area } = engine.destination;
      for (const { manifest, hash } of await chainEnds(engine, device, sets)) {
        const { chain, counter, set, time } = manifest;
        heads.push({ chain, device, counter, hash, ...(area !== undefined && { area }) });
        shown.push({ area: uri, chain, counter, time, ...(isSet(manifest) && { set }) });
        found.add(set);
      }
    } finally {
      await close();
    }
  }
  const missing = [...sets].find((set) => !found.has(set));
  if (missing !== undefined)
    throw new DeviceError(
      'ERR_USAGE',
      `no area has a set ${missing} of that device; see: holdfast sets --device ${device}`,
    );
  return { heads, shown };
}

async function accessAt(
  context: OperationContext,
  { area, user }: { readonly area: string; readonly user: string },
  record: Parameters<typeof endAccess>[2],
  way: WayIn,
): Promise<DeviceEndResult['areas'][number]> {
  const reason = await endAccess(context, area, record, way);
  const uri = areaUri({ ...parseAreaUri(area), place: `${user}/` });
  return { uri, ended: reason === undefined, ...(reason !== undefined && { reason }) };
}
