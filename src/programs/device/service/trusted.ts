import { lstat, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DeviceError } from '../errors.ts';

/**
 * What runs with the right to read every file must be out of reach of everyone but the administrator: the file and
 * all folders above it belong to root, and nobody else may write to them (a folder like /tmp, where only owners may
 * rename, does no harm).
 *
 * @throws DeviceError `ERR_SERVICE` naming what is open to whom
 */
export async function refuseUntrusted(path: string): Promise<void> {
  for (let at = await realpath(path); ; at = dirname(at)) {
    const { uid, mode } = await lstat(at);
    const sticky = (mode & 0o1000) !== 0;
    if (uid !== 0 || ((mode & 0o022) !== 0 && !sticky)) {
      const who = uid !== 0 ? `belongs to the account ${uid}` : 'can be written to by others';
      const message = `${at} ${who}, and the service would run ${path} with the right to read all files; install holdfast and Node where only root can change them`;
      throw new DeviceError('ERR_SERVICE', message);
    }
    if (dirname(at) === at) return;
  }
}
