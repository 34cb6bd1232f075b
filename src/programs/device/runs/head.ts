/** A chain has a new head: kept until the server has it. */

import {
  exchange,
  keepHead,
  type LastBackup,
  openLink,
  QUICK,
  type Session,
  type UnsentHead,
} from '../channel/index.ts';
import type { OperationContext } from '../context.ts';
import { notice } from '../context.ts';
import { Lock } from '../home/index.ts';

/**
 * The manifest is stored: from now on nobody can pass off an older one as the newest, once the server knows.
 * @returns whether it does
 */
export async function tellHead(
  context: OperationContext,
  session: Session,
  head: LastBackup | UnsentHead,
): Promise<boolean> {
  const lock = await Lock.take(context.home, 'policy', { task: 'keeps a head', wait: 60_000 });
  await keepHead(context.home, head);
  lock.release();
  try {
    await exchange(context.home, session, openLink(session, QUICK), AbortSignal.timeout(10_000));
    return true;
  } catch (error) {
    const why = (error as Error).message;
    notice(
      context,
      'HEAD_UNSENT',
      `it is stored, but the server was not told yet (${why}); it is told later`,
    );
    return false;
  }
}
