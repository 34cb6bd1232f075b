/** Whose folders a restore writes into, when it has the rights of root. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { OperationContext } from '../context.ts';
import { notice } from '../context.ts';
import { realPath } from '../home/index.ts';

/**
 * Whoever may rename a folder on the way can put a link in its place while the restore runs, and root would follow it
 * anywhere. With the rights of that account it leads nowhere that they could not write to anyway.
 *
 * @param uid that this program runs as
 */
export async function warnOfOwner(
  context: OperationContext,
  path: string,
  uid = process.getuid?.(),
): Promise<void> {
  if (uid !== 0) return;
  for (let at = await realPath(path); ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    const isOpen = found && (found.mode & 0o022) !== 0 && (found.mode & 0o1000) === 0;
    if (found && (found.uid !== 0 || isOpen)) {
      const whose = found.uid === 0 ? 'can be written to by others' : `belongs to the account ${found.uid}`;
      const message = `${at} ${whose}, who could lead a restore by root elsewhere while it runs; better restore as the account whose files these are`;
      return notice(context, 'RESTORE_AS_ROOT', message);
    }
    if (dirname(at) === at) return;
  }
}
