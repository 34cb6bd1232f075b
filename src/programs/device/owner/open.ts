import { existsSync } from 'node:fs';
import { loadIdentity, OwnerMemory, type SigningIdentity } from '../../../custody/index.ts';
import type { Clock } from '../../../lib/clock.ts';
import { nodePlatform } from '../../../platform/node.ts';
import { DeviceError } from '../errors.ts';
import type { Home } from '../home/index.ts';

/** A device of a person, with its own keys at hand. To be closed. */
export interface OwnerSession extends Disposable {
  readonly memory: OwnerMemory;
  readonly keys: SigningIdentity;
  readonly clock: Clock;
}

/** Whether this device belongs to a person: looking makes nothing. */
export const hasOwner = async (home: Home): Promise<boolean> =>
  (await home.exists()) && existsSync(home.owner);

/** @throws OwnerMemoryError, DeviceError `ERR_STATE` */
export async function openOwner(home: Home, clock: Clock): Promise<OwnerSession> {
  const memory = new OwnerMemory({ file: home.owner, platform: nodePlatform });
  try {
    memory.record();
    const keys = await loadIdentity(home.identity);
    if (!keys) throw new DeviceError('ERR_STATE', `the keys of this device are gone from ${home.identity}`);
    return { memory, keys, clock, [Symbol.dispose]: () => memory.close() };
  } catch (error) {
    memory.close();
    throw error;
  }
}
