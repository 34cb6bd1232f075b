import { loadIdentity, OwnerMemory, OwnerMemoryError, type SigningIdentity } from '../../../custody/index.ts';
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

/** @throws OwnerMemoryError, DeviceError `ERR_STATE` */
export async function openOwner(home: Home, clock: Clock): Promise<OwnerSession> {
  if (!(await home.hasOwner()))
    throw new OwnerMemoryError(
      'ERR_NO_OWNER',
      'this device belongs to nobody yet; run: holdfast device init --wim FILE',
    );
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
