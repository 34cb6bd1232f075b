import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Some file systems cannot sync a directory; there is nothing better to do on them. */
const CANNOT: readonly unknown[] = ['EINVAL', 'ENOTSUP', 'EISDIR'];

/** Makes the names in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories, and needs no sync of them.
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (cause) {
    if (!CANNOT.includes((cause as NodeJS.ErrnoException).code)) throw cause;
  } finally {
    await directory.close();
  }
}

/** The same of one that may be written or passed through and not read: what is in it is then for the system to keep. */
export async function syncIfReadable(path: string): Promise<void> {
  await syncDirectory(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EACCES') throw cause;
  });
}

/** Makes a directory of mode 0700, and those above it that are missing: after a power failure they are still there. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made))
    await syncIfReadable(dirname(made));
}
