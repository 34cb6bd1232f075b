/** Files of other programs' folders: written only where nothing is that somebody else wrote. */
import { lstat, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '../../../disk/index.ts';
import { DeviceError } from '../errors.ts';
import { whose } from './mark.ts';
import type { ServicePlan } from './plan.ts';

/**
 * Writes the file, durably and at once.
 *
 * @returns `unchanged`: it was there already, exactly so
 * @throws DeviceError `ERR_SERVICE` when another one is there, or it cannot be written
 */
export async function installService({ path, text }: ServicePlan): Promise<'written' | 'unchanged'> {
  const there = await readOwn(path);
  if (there === text) return 'unchanged';
  try {
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(path, text, 0o644);
    return 'written';
  } catch (cause) {
    throw failed(path, 'written', cause);
  }
}

/**
 * Removes the file.
 *
 * @returns whether there was one
 * @throws DeviceError `ERR_SERVICE` when it is not ours, or the service is still enabled
 */
export async function uninstallService({ path, enabledBy, disable }: ServicePlan): Promise<boolean> {
  if ((await readOwn(path)) === undefined) return false;
  if (enabledBy !== undefined && (await lstat(enabledBy).catch(() => undefined))) {
    const message = `the service is enabled; stop it first, then do this again: ${disable.join('; ')}`;
    throw new DeviceError('ERR_SERVICE', message);
  }
  await rm(path).catch((cause: unknown) => {
    throw failed(path, 'removed', cause);
  });
  return true;
}

/** The text of a file of ours; undefined where there is none. A link, as of a masked unit, is not ours. */
async function readOwn(path: string): Promise<string | undefined> {
  let text: string;
  try {
    const found = await lstat(path);
    text = found.isFile() ? await readFile(path, 'utf8') : '';
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw failed(path, 'read', cause);
  }
  const owner = whose(text);
  if (owner === 'ours') return text;
  const why = owner === 'changed' ? 'was changed after it was written' : 'was not written by this command';
  throw new DeviceError('ERR_SERVICE', `${path} is there and ${why}; move it away to go on`);
}

function failed(path: string, what: string, cause: unknown): DeviceError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const advice = code === 'EACCES' || code === 'EPERM' ? '; this takes the rights of the administrator' : '';
  return new DeviceError('ERR_SERVICE', `${path} cannot be ${what}: ${message}${advice}`, { cause });
}
