import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncDirectory } from './directory.ts';

/**
 * Replaces a small file, or makes it: a reader sees the old or the new one, whole, also after a power failure.
 *
 * @param mode for its owner only unless told
 * @example await replaceFile(join(home, 'sources.json'), JSON.stringify(sources))
 */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  // Hidden: whoever looks into the directory meanwhile finds whole files only.
  const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(beside, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true });
    throw cause;
  }
  await syncDirectory(dirname(path));
}
