/** Operation `owner`: whose this device is. */
import type { OwnerResult } from '../../../api/device/index.ts';
import type { OwnerRecord } from '../../../policy/owner/index.ts';
import type { Handler } from '../context.ts';
import { openOwner } from './open.ts';

export const owner: Handler<'owner'> = async ({ home, clock }) => {
  using session = await openOwner(home, clock);
  return describeOwner(session.memory.record(), session.keys.device);
};

export function describeOwner(record: OwnerRecord, device: string): OwnerResult {
  const { user, version, time, ways, devices, alone = false } = record;
  return {
    ...{ user, device, version, time, alone },
    ways: ways.map(({ kind, name, signature }) => ({ kind, name, issuer: { ...signature } })),
    devices: devices.map(({ id, name, state }) => ({ id, name, state, own: id === device })),
  };
}
