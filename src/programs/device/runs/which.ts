import type { EngineContext, SetChoice } from '../../../backup/index.ts';
import { DeviceError } from '../errors.ts';

/** Which set, as callers of the device say it. */
export interface Which {
  readonly device?: string | undefined;
  readonly set?: string | undefined;
  /** The newest that was made at or before then, Unix ms. */
  readonly at?: number | undefined;
  /** The newest set there has at least this counter. */
  readonly expect?: number | undefined;
  /** This one, also when newer ones are known. */
  readonly acceptOlder?: string | undefined;
}

/** The engine knows which one is meant; a device that is none of the user's is refused before it is looked for. */
export async function choiceOf(
  engine: EngineContext,
  { device, set, at, expect, acceptOlder }: Which,
): Promise<SetChoice> {
  if (device !== undefined && (await engine.trust.signer(device)) === undefined) {
    // Its place is out of reach and its keys are another user's (B14): better said than "there are no sets".
    const message = `${device} is none of this user's devices; only their own sets can be opened here`;
    throw new DeviceError('ERR_NOT_YOURS', message);
  }
  return {
    ...(device !== undefined && { device }),
    ...(set !== undefined && { set }),
    ...(at !== undefined && { at }),
    ...(expect !== undefined && { expect }),
    ...(acceptOlder !== undefined && { set: acceptOlder, acceptOlder: true }),
  };
}
