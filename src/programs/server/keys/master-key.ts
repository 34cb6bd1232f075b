import { randomBytes } from 'node:crypto';
import { link, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../../../disk/index.ts';
import { ServerError } from '../errors.ts';

const LENGTH = 32;

/**
 * The master key: 32 random bytes in `DIR/master-key`, readable by the server's account only, made at the first
 * start. Everything secret in the database is sealed under it, so that a copy of the database alone tells no key.
 */
export async function masterKey(directory: string): Promise<Uint8Array> {
  const path = join(directory, 'master-key');
  const key = (await readKey(path)) ?? (await makeKey(path));
  if (key.length !== LENGTH) {
    throw new ServerError('ERR_SERVER_STATE', `${path} has ${key.length} bytes instead of ${LENGTH}`);
  }
  return key;
}

async function readKey(path: string): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new ServerError('ERR_SERVER_STATE', `cannot read the master key ${path}`, { cause });
  }
  // Windows has no such modes: there the directory's access list decides.
  if (process.platform === 'win32') return bytes;
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new ServerError('ERR_SERVER_STATE', `others may read ${path}: chmod 600 it, and consider it known`);
  }
  return bytes;
}

async function makeKey(path: string): Promise<Uint8Array> {
  await writeSecretFile(path, randomBytes(LENGTH));
  return readFile(path);
}

/** Writes a file of mode 0600 durably and all at once; an existing one is left as it is. */
export async function writeSecretFile(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  // link, not rename: a second process that starts at the same time must not replace the first one's key
  await link(draft, path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause;
  });
  await unlink(draft);
  await syncDirectory(dirname(path));
}
