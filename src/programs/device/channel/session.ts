import { existsSync } from 'node:fs';
import {
  loadIdentity,
  type MemoryState,
  ProtectedMemory,
  type SigningIdentity,
  spendMessageKey,
} from '../../../custody/index.ts';
import type { Clock } from '../../../lib/clock.ts';
import { nodePlatform } from '../../../platform/node.ts';
import { DeviceError } from '../errors.ts';
import type { Home } from '../home/index.ts';

export type Enrolled = Extract<MemoryState, { kind: 'enrolled' }>;

/** An enrolled device with its keys at hand. To be closed. */
export interface Session extends Disposable {
  readonly memory: ProtectedMemory;
  readonly keys: SigningIdentity;
  /**
   * What the clock says now, for logins and proofs: they are compared with the clock of the other side. Everything
   * that policy bounds in time goes by `memory.now()`, which is never set back.
   */
  readonly clock: Clock;
  /** How it stands now: it changes with every message. @throws DeviceError when it has been ended */
  enrolled(): Enrolled;
}

/** @throws DeviceError `ERR_NOT_ENROLLED`, `ERR_DEVICE_ENDED` */
export async function openSession(home: Home, clock: Clock): Promise<Session> {
  const memory = await openMemory(home, clock);
  if (!memory) throw notEnrolled();
  try {
    requireEnrolled(memory);
    const keys = await loadIdentity(home.identity);
    if (!keys)
      throw new DeviceError(
        'ERR_STATE',
        `the keys of this device are gone from ${home.identity}; enrol it again`,
      );
    // An enrolment that broke off right at its end left it.
    if (keys.messageKey) await spendMessageKey(home.identity);
    return {
      memory,
      keys,
      clock,
      enrolled: () => requireEnrolled(memory),
      [Symbol.dispose]: () => memory.close(),
    };
  } catch (error) {
    memory.close();
    throw error;
  }
}

/** Protected memory, where there is one; looking makes none. */
export async function openMemory(home: Home, clock: Clock): Promise<ProtectedMemory | undefined> {
  if (!(await home.exists()) || !existsSync(home.protectedMemory)) return undefined;
  return new ProtectedMemory({ file: home.protectedMemory, platform: nodePlatform, clock });
}

function requireEnrolled(memory: ProtectedMemory): Enrolled {
  const state = memory.state();
  if (state.kind === 'enrolled') return state;
  if (state.kind !== 'ended') throw notEnrolled();
  throw new DeviceError('ERR_DEVICE_ENDED', 'the server has ended this device; its keys are gone');
}

const notEnrolled = (): DeviceError =>
  new DeviceError(
    'ERR_NOT_ENROLLED',
    'this device is not enrolled; run: holdfast device enrol --code-file FILE',
  );
