import { readFile } from 'node:fs/promises';
import { replaceFile } from '../../../disk/index.ts';
import { DeviceError, reason } from '../errors.ts';

/** Replaces a file at once and durably, mode 0600: a reader sees the old or the new one, also after a crash. */
export async function writeDurably(path: string, text: string): Promise<void> {
  await replaceFile(path, text).catch((cause: unknown) => {
    throw new DeviceError('ERR_STATE', `${path} cannot be written: ${reason(cause)}`, { cause });
  });
}

/** A JSON file of the state directory, or undefined when it is not there. `parse` throws on another shape. */
export async function readJson<T>(path: string, parse: (value: unknown) => T): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new DeviceError('ERR_STATE', `${path} cannot be read: ${reason(cause)}`, { cause });
  }
  try {
    return parse(JSON.parse(text));
  } catch (cause) {
    throw new DeviceError('ERR_STATE', `${path} is damaged; move it away to begin anew`, { cause });
  }
}
