import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a directory, and those above it that are missing: after a power failure they are still there. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}

/** Makes the names in a directory durable, where the system lets it be opened and synced. Windows does not. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r');
    await directory.sync().finally(() => directory.close());
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (!['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EISDIR'].includes(code ?? '')) throw cause;
  }
}
