/** Operation `databases`: what is available is determined from the policy alone (B9). */
import { openSession } from '../channel/index.ts';
import type { Handler } from '../context.ts';
import { databaseRows, heldGate } from '../gate/index.ts';
import { listSources } from '../source-book.ts';
import { policyState } from './policy-state.ts';

export const databases: Handler<'databases'> = async ({ home, clock }) => {
  using session = await openSession(home, clock);
  const policy = policyState(session.memory, session.enrolled());
  return { policy, databases: databaseRows(heldGate(session), await listSources(home)) };
};
