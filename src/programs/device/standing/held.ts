/** What is in force here as it was accepted last: no network is touched, and no key used. */
import { loadIdentity, OwnerMemory } from '../../../custody/index.ts';
import { nodePlatform } from '../../../platform/node.ts';
import type { DeviceRules } from '../../../policy/rules/index.ts';
import { openMemory } from '../channel/index.ts';
import type { OperationContext } from '../context.ts';
import { ownRules } from './own-rules.ts';

export interface Held {
  readonly device: string;
  /** Since when it has been a device of whoever it belongs to, Unix ms. */
  readonly since: number;
  /** Id of the person whose it is; a server's says so itself. */
  readonly user?: string;
  readonly rules: DeviceRules;
}

/** Undefined before there are rules: not enrolled, no message yet, and no owner. */
export async function held(context: Pick<OperationContext, 'home' | 'clock'>): Promise<Held | undefined> {
  const { home, clock } = context;
  const memory = await openMemory(home, clock);
  try {
    const state = memory?.state();
    if (memory && state?.kind === 'enrolled') {
      const { device, iat } = state.enrolment;
      return state.seq > 0 ? { device, since: iat, rules: memory.rules() } : undefined;
    }
  } finally {
    memory?.close();
  }
  return (await home.hasOwner()) ? heldByOwner(context) : undefined;
}

async function heldByOwner({ home }: Pick<OperationContext, 'home'>): Promise<Held | undefined> {
  const memory = new OwnerMemory({ file: home.owner, platform: nodePlatform });
  try {
    const known = memory.known();
    const keys = await loadIdentity(home.identity);
    if (!known || !keys) return undefined;
    const { rules } = ownRules(memory.grants().map(({ area }) => area));
    return { device: keys.device, user: known.record.user, since: known.record.time, rules };
  } finally {
    memory.close();
  }
}
