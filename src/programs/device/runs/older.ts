/** A set is taken though newer ones are known: the server is told of it before anything is restored (U2). */
import type { Older } from '../../../backup/index.ts';
import { nodePlatform } from '../../../platform/node.ts';
import { newId } from '../../../policy/message/index.ts';
import { exchange, keepEvent, openLink, QUICK } from '../channel/index.ts';
import type { OperationContext } from '../context.ts';
import { notice } from '../context.ts';
import { Lock } from '../home/index.ts';
import type { Governed } from './open.ts';

/** It waits on this device until the server has it: a server that is away does not keep anyone from their data. */
export async function tellOlder(
  context: OperationContext,
  { session }: Governed,
  { set, known }: Older,
): Promise<void> {
  const { home, clock } = context;
  const since = new Date(known.knownAt).toISOString();
  notice(
    context,
    'OLDER_ACCEPTED',
    `set ${set.set} is number ${set.counter} of its chain, and number ${known.counter} was known at ${since}: the destination lost what is newer, or holds it back; it is taken, and the server is told`,
  );
  {
    await using _ = await Lock.take(home, 'policy', { task: 'keeps an event', wait: 60_000 });
    const what = { time: clock(), chain: set.chain, set: set.set, counter: set.counter };
    await keepEvent(home, { id: newId(nodePlatform), event: 'restore.older', ...what, count: known.counter });
  }
  try {
    await exchange(home, session, openLink(session, QUICK), AbortSignal.timeout(10_000));
  } catch (error) {
    const why = (error as Error).message;
    notice(context, 'EVENT_UNSENT', `the server was not told yet that an older set is taken (${why})`);
  }
}
