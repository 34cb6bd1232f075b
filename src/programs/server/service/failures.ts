import type { Device } from '../../../api/server/index.ts';
import { cleaned } from '../plain.ts';
import { type DeviceRow, type Tx, updateDevice } from '../store/index.ts';
import { recordOfDevice } from './audit.ts';
import type { Context } from './context.ts';

/** What the device row says of failures that no acknowledgement followed. */
export type Failure = NonNullable<Device['failure']>;

export const failureOf = (device: DeviceRow): Failure | undefined =>
  device.failure === null ? undefined : (JSON.parse(device.failure) as Failure);

/**
 * Notes a failure. The same one again is counted, and not recorded anew: a device that cannot accept its messages says
 * so with each of them.
 */
export async function noteFailure(
  ctx: Context,
  tx: Tx,
  device: DeviceRow,
  { code: said, seq }: { readonly code: string; readonly seq?: number },
  now: number,
): Promise<void> {
  const code = cleaned(said);
  const known = failureOf(device);
  const again = known?.code === code;
  if (!again) await endFailure(ctx, tx, device);
  const failure: Failure = {
    ...{ code, time: now, since: again ? known.since : now, count: again ? known.count + 1 : 1 },
    ...(seq === undefined ? {} : { seq }),
  };
  await updateDevice(tx, device.id, { failure: JSON.stringify(failure) });
  if (again) return;
  const detail = { code, seq: seq ?? null };
  await recordOfDevice(ctx, tx, device.id, { action: 'device.failure', subject: device.id, detail });
}

/** Records how often it was, where it was more than once. The device row is the caller's to change. */
export async function endFailure(ctx: Context, tx: Tx, device: DeviceRow): Promise<void> {
  const known = failureOf(device);
  if (known === undefined || known.count === 1) return;
  const { code, count, since, time } = known;
  const detail = { code, count, since, until: time };
  await recordOfDevice(ctx, tx, device.id, { action: 'device.failures', subject: device.id, detail });
}
