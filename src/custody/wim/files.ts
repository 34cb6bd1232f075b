/** Files of keys: written whole or not at all, and read within limits. */
import { randomBytes } from 'node:crypto';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WimError } from './errors.ts';

/** Nothing that lies here comes near it. */
const MAX_FILE = 64 * 1024;

interface WriteOptions {
  readonly mode: 0o600 | 0o644;
  /** Instead of refusing when there is one of this name. */
  readonly replace?: boolean;
}

/** @throws WimError `ERR_WIM_EXISTS`, `ERR_WIM_FILE` */
export async function writeWhole(path: string, text: string, options: WriteOptions): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    const file = await open(draft, 'wx', options.mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    // A link never replaces what is there; a rename does.
    if (options.replace) await rename(draft, path);
    else await link(draft, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw new WimError('ERR_WIM_EXISTS', `${path} is there already; keys are never written over.`, {
        cause,
      });
    throw new WimError('ERR_WIM_FILE', `${path} cannot be written.`, { cause });
  } finally {
    await rm(draft, { force: true });
  }
}

/** @throws WimError `ERR_WIM_FILE`; `ERR_WIM_EXPOSED` when a secret file is open to others */
export async function readWhole(path: string, secret: boolean): Promise<string> {
  let exposed = false;
  try {
    const file = await open(path, 'r');
    try {
      const found = await file.stat();
      const owner = process.getuid?.();
      exposed =
        secret &&
        process.platform !== 'win32' &&
        ((found.mode & 0o077) !== 0 || (owner !== undefined && owner !== 0 && found.uid !== owner));
      if (!found.isFile() || found.size > MAX_FILE) throw new RangeError('not a file of keys');
      if (!exposed) return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new WimError('ERR_WIM_FILE', `${path} cannot be read.`, { cause });
  }
  throw new WimError(
    'ERR_WIM_EXPOSED',
    `${path} must belong to the user who runs this and be closed to all others (chmod go-rwx ${path}).`,
  );
}

export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A name lies on disk only when its folder does. Windows cannot open folders, and needs no sync of them. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
