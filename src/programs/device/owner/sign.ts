/** Owner records as devices make them: the first one, and the next with one device more. */
import type { WayIn } from '../../../custody/wim/index.ts';
import {
  type OwnerDevice,
  type OwnerRecord,
  sameWay,
  signOwnerRecord,
  type TrustedOwnerRecord,
} from '../../../policy/owner/index.ts';
import { DeviceError } from '../errors.ts';
import { publicWay, signerOf } from './way.ts';

type NewDevice = Omit<OwnerDevice, 'state'>;

/** Version 1, signed by all ways in. */
export function firstRecord(
  user: string,
  device: NewDevice,
  ways: readonly WayIn[],
  alone: boolean,
  time: number,
): Promise<Uint8Array> {
  const record: OwnerRecord = {
    ...{ v: 1, user, version: 1, time },
    ways: ways.map(publicWay),
    ...(alone && ways.length === 1 && { alone: true as const }),
    devices: [{ ...device, state: 'active' }],
    heads: [],
  };
  return signOwnerRecord(record, ways.map(signerOf));
}

/**
 * The next version, with this device. Undefined when the last one lists it.
 * @throws DeviceError `ERR_NO_KEY` when the way in was taken out: a record by it would stop everyone who follows them
 */
export async function withDevice(
  { record: last, hash }: TrustedOwnerRecord,
  device: NewDevice,
  way: WayIn,
  time: number,
): Promise<Uint8Array | undefined> {
  const { id, jwk } = device;
  if (last.devices.some((one) => one.id === id && one.jwk.x === jwk.x && one.state === 'active'))
    return undefined;
  if (!last.ways.some((one) => sameWay(one, publicWay(way))))
    throw new DeviceError(
      'ERR_NO_KEY',
      `"${way.public.name}" was taken out of your ways in; use another one`,
    );
  const record: OwnerRecord = {
    ...last,
    ...{ version: last.version + 1, prev: hash, time },
    devices: [...last.devices, { ...device, state: 'active' }],
  };
  return signOwnerRecord(record, [signerOf(way)]);
}
