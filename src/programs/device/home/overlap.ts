import { realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { DeviceError } from '../errors.ts';
import type { Home } from './home.ts';

/**
 * Sources and restores stay away from the device's own state: its keys would end up in a backup, or be written
 * over by one. Real paths are compared, so that no link leads around it.
 *
 * @throws DeviceError `ERR_USAGE` when `path` is the state directory, lies in it, or contains it
 */
export async function refuseOverlap(home: Home, path: string): Promise<void> {
  const [state, other] = await Promise.all([realPath(home.path), realPath(path)]);
  if (isWithin(state, other))
    throw new DeviceError(
      'ERR_USAGE',
      `${path} lies in the state directory ${home.path}; name a path outside of it`,
    );
  if (isWithin(other, state))
    throw new DeviceError(
      'ERR_USAGE',
      `${path} contains the state directory ${home.path}; name a path that does not`,
    );
}

/** @throws DeviceError `ERR_USAGE` when a backup file would lie in what is backed up, and grow while it is read */
export async function refuseWithin(
  source: { readonly label: string; readonly path: string },
  file: string,
): Promise<void> {
  const [parent, path] = await Promise.all([realPath(source.path), realPath(file)]);
  if (isWithin(parent, path))
    throw new DeviceError(
      'ERR_USAGE',
      `${file} lies in source "${source.label}" (${source.path}); name a path outside of it`,
    );
}

const isWithin = (parent: string, path: string): boolean =>
  path === parent || path.startsWith(parent.endsWith(sep) ? parent : parent + sep);

/** The real path; of what does not exist or cannot be looked at, that of the deepest directory that can. */
export async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (parent === path) throw error;
    return join(await realPath(parent), basename(path));
  }
}
