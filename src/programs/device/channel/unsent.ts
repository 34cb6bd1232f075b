import type { ProtectedMemory } from '../../../custody/index.ts';
import type { Home } from '../home/index.ts';
import { markOf, readOutbox } from './outbox.ts';
import { untoldDatabases } from './told.ts';

/** How many reports wait: heads, events, the acknowledgement given last, the names of databases. */
export async function countUnsent(home: Home, memory: ProtectedMemory | undefined): Promise<number> {
  const { heads, events, acknowledged } = await readOutbox(home);
  const acknowledgement = memory?.acknowledgement();
  const state = memory?.state();
  const untold =
    state?.kind === 'enrolled' && (await untoldDatabases(home, state.enrolment.device)) !== undefined;
  const unacknowledged = acknowledgement !== undefined && markOf(acknowledgement) !== acknowledged;
  return heads.length + events.length + Number(unacknowledged) + Number(untold);
}
