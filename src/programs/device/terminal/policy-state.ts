import type { StatusResult } from '../../../api/device/index.ts';
import type { ProtectedMemory } from '../../../custody/index.ts';
import type { Enrolled } from '../channel/index.ts';

type PolicyState = NonNullable<StatusResult['policy']>;

/** What is held of the policy. @throws ProtectedMemoryError `ERR_NO_POLICY` before the first message */
export function policyState(memory: ProtectedMemory, { seq, iat, exp, stale }: Enrolled): PolicyState {
  const { whenStale } = memory.rules();
  return { seq, issued: iat, expires: exp, expired: stale, whenStale: whenStale.value };
}
