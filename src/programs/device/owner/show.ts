/** Operation `owner`: whose this device is. */
import type { OwnerResult } from '../../../api/device/index.ts';
import { keyThumbprint, type OwnerRecord, type PublicWay } from '../../../policy/owner/index.ts';
import type { Handler } from '../context.ts';
import { openOwner } from './open.ts';

export const owner: Handler<'owner'> = async ({ home, clock }) => {
  using session = await openOwner(home, clock);
  return describeOwner(session.memory.record(), session.keys.device);
};

export async function describeOwner(record: OwnerRecord, device: string): Promise<OwnerResult> {
  const { user, version, time, ways, devices, alone = false } = record;
  return {
    ...{ user, device, version, time, alone },
    ways: await Promise.all(ways.map(describeWay)),
    devices: devices.map(({ id, name, state }) => ({ id, name, state, own: id === device })),
  };
}

const describeWay = async ({ kind, name, signature }: PublicWay) => ({
  ...{ id: await keyThumbprint(signature), kind, name },
  issuer: { ...signature },
});
