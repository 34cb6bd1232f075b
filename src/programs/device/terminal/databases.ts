/** Operation `databases`: what is available is determined from the rules alone (B9). */
import type { DatabasesResult } from '../../../api/device/index.ts';
import { openSession } from '../channel/index.ts';
import type { Handler, OperationContext } from '../context.ts';
import { databaseRows, heldGate } from '../gate/index.ts';
import { Consents, openOwnKeys } from '../own-keys/index.ts';
import { listSources } from '../source-book.ts';
import { held, stand } from '../standing/index.ts';
import { policyState } from './policy-state.ts';

export const databases: Handler<'databases'> = async (context) =>
  (await held(context))?.user === undefined ? ofPolicy(context) : ofOwner(context);

async function ofPolicy({ home, clock }: OperationContext): Promise<DatabasesResult> {
  using session = await openSession(home, clock);
  const policy = policyState(session.memory, session.enrolled());
  const { id: user } = session.enrolled().enrolment.user;
  using own = await openOwnKeys(home, user);
  const gate = heldGate(session, own, await Consents.read(home, user));
  return { policy, databases: databaseRows(gate, await listSources(home)) };
}

async function ofOwner(context: OperationContext): Promise<DatabasesResult> {
  await using standing = await stand(context);
  return { databases: databaseRows(standing.gate, await listSources(context.home)) };
}
