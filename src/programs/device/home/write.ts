import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DeviceError, reason } from '../errors.ts';

/** Replaces a file at once and durably, mode 0600: a reader sees the old or the new one, also after a crash. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(beside, { force: true });
    throw new DeviceError('ERR_STATE', `${path} cannot be written: ${reason(cause)}`, { cause });
  }
}

/** Makes a directory, and those above it that are missing: after a power failure they are still there. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made))
    await syncDirectory(dirname(made)).catch(unlessClosed);
}

/** One above may be passed through and not opened: what is in it is then for the system to keep. */
function unlessClosed(cause: NodeJS.ErrnoException): void {
  if (cause.code !== 'EACCES') throw cause;
}

/** Makes the names in a directory durable. Windows cannot open directories, and needs no sync of them. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
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
