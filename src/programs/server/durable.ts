import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

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
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}
