import type { OwnerMemory } from '../../../custody/index.ts';
import { toBase64Url } from '../../../lib/bytes.ts';
import { allowsSharing } from '../../../policy/evaluate/index.ts';
import { openLink, QUICK, type Session } from '../channel/index.ts';

/** So long a run waits for it, ms. */
const PATIENCE = 5_000;

/**
 * Tells the server of the user's own keys, so that colleagues find them (N11): their public parts, and only where policy
 * lets something be shared. Once more changes nothing; what the server was not told now it is told the next time.
 */
export async function tellOwnKeys(session: Session, memory: OwnerMemory | undefined): Promise<void> {
  if (!memory || session.enrolled().seq === 0 || !allowsSharing(session.memory.rules())) return;
  const records = [...memory.records().values()].map(toBase64Url);
  try {
    await openLink(session, QUICK).tellPerson(records, AbortSignal.timeout(PATIENCE));
  } catch {
    // A server that is away or too old keeps nobody from what they were about to do.
  }
}
