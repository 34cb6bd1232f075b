/** Whose socket it is, before anything is said to it: codes and names of data go through it. */
import { lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DeviceError } from '../errors.ts';

/** Accounts below this id are the system's own (useradd's SYS_UID_MAX and below). */
const SYSTEM_UIDS = 1000;

/**
 * An agent serves its socket under the caller's own account, or is one of the system's: of root, or (when root asks) of
 * an account made for it. Anybody else who could put a socket there would be told everything, and answer anything.
 *
 * @param uid of the caller; undefined where there are no such accounts
 * @throws DeviceError `ERR_STATE_DIRECTORY` naming whose it is; nothing has been sent then
 */
export async function refuseForeignSocket(path: string, uid = process.getuid?.()): Promise<void> {
  if (uid === undefined) return;
  const directory = dirname(path);
  const socket = await lstat(path).catch(() => undefined);
  if (!socket) return;
  const isMine = (owner: number): boolean =>
    owner === uid || owner === 0 || (uid === 0 && owner < SYSTEM_UIDS);
  // A link is as good as who put it there.
  for (const [what, found] of [
    [path, socket],
    [directory, await lstat(directory)],
    [directory, await stat(directory)],
  ] as const) {
    if (!isMine(found.uid))
      throw new DeviceError(
        'ERR_STATE_DIRECTORY',
        `${what} belongs to another account (${found.uid}), so nothing is said to the agent there; name your own state directory with --state`,
      );
    if (found.isDirectory() && (found.mode & 0o022) !== 0)
      throw new DeviceError(
        'ERR_STATE_DIRECTORY',
        `${what} can be written to by others, so anyone could answer as the agent there; run: chmod 700 ${what}`,
      );
  }
  if (!socket.isSocket())
    throw new DeviceError('ERR_STATE_DIRECTORY', `${path} is no socket; remove it, or name another --state`);
}
