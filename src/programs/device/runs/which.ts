import { type EngineContext, listSets, type SetChoice } from '../../../backup/index.ts';
import { DeviceError } from '../errors.ts';

/** Which set, as callers of the device say it. */
export interface Which {
  readonly device?: string | undefined;
  readonly set?: string | undefined;
  /** The newest that was finished by then, Unix ms. */
  readonly at?: number | undefined;
}

/** The engine knows which one is meant without a time; with one, it is the newest of that device not after it. */
export async function choiceOf(engine: EngineContext, { device, set, at }: Which): Promise<SetChoice> {
  if (device !== undefined && (await engine.trust.signer(device)) === undefined) {
    // Its place is out of reach and its keys are another user's (B14): better said than "there are no sets".
    const message = `${device} is none of this user's devices; only their own sets can be opened here`;
    throw new DeviceError('ERR_NOT_YOURS', message);
  }
  if (at === undefined) return { ...(device !== undefined && { device }), ...(set !== undefined && { set }) };
  const sets = await listSets(engine, device === undefined ? {} : { device });
  const devices = [...new Set(sets.map((one) => one.device))];
  const own = engine.keys.device;
  const chosen = device ?? (devices.includes(own) ? own : devices.length === 1 ? devices[0] : undefined);
  if (chosen === undefined && devices.length > 1) {
    const message = `several devices have backups there: ${devices.join(', ')}; name one with --device`;
    throw new DeviceError('ERR_WHICH', message);
  }
  const found = sets
    .filter((one) => one.device === chosen && one.time <= at)
    .sort((a, b) => b.time - a.time)[0];
  if (found) return { set: found.set };
  throw new DeviceError(
    'ERR_WHICH',
    `there is no set at ${engine.destination.label} of ${new Date(at).toISOString()} or before`,
  );
}
