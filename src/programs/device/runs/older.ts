/** A set is taken though newer ones are known: the server is told of it before anything is restored (U2). */
import type { Older } from '../../../backup/index.ts';
import { nodePlatform } from '../../../platform/node.ts';
import { newId } from '../../../policy/message/index.ts';
import type { OperationContext } from '../context.ts';
import { notice } from '../context.ts';
import type { Standing } from '../standing/index.ts';

/** It waits on this device until the server has it: a server that is away does not keep anyone from their data. */
export async function tellOlder(
  context: OperationContext,
  standing: Standing,
  { set, known }: Older,
): Promise<void> {
  const since = new Date(known.knownAt).toISOString();
  notice(
    context,
    'OLDER_ACCEPTED',
    `set ${set.set} is number ${set.counter} of its chain, and number ${known.counter} was known at ${since}: the destination lost what is newer, or holds it back; it is taken`,
  );
  const what = { time: context.clock(), chain: set.chain, set: set.set, counter: set.counter };
  await standing.audit({ id: newId(nodePlatform), event: 'restore.older', ...what, count: known.counter });
}
