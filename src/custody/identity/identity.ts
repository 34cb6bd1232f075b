import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Platform } from '../../platform/index.ts';
import {
  type DeviceKeys,
  ed25519Private,
  generateMessageKey,
  generateSigningKey,
  newId,
  p256Private,
} from '../../policy/message/index.ts';
import { IdentityError } from './errors.ts';

const FILE = 'keys.json';

/**
 * Makes a new identity in a folder that must not exist yet; its parent must.
 * @throws IdentityError `ERR_IDENTITY_EXISTS`
 */
export async function createIdentity(folder: string, platform: Platform): Promise<DeviceKeys> {
  const keys: DeviceKeys = {
    device: newId(platform),
    signingKey: await generateSigningKey(),
    messageKey: await generateMessageKey(),
  };
  // Whole under another name first: renaming a folder never replaces one that holds something.
  const draft = `${folder}.${randomBytes(6).toString('hex')}.new`;
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeSynced(join(draft, FILE), JSON.stringify({ v: 1, ...keys }));
    await syncFolder(draft);
    await rename(draft, folder);
    await syncFolder(dirname(folder));
    return keys;
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    if (await exists(folder)) {
      throw new IdentityError('ERR_IDENTITY_EXISTS', `This device has its keys already, in ${folder}.`, {
        cause,
      });
    }
    throw new IdentityError(
      'ERR_IDENTITY_UNUSABLE',
      `The keys of this device cannot be written to ${folder}.`,
      {
        cause,
      },
    );
  }
}

/** The identity in a folder; undefined when there is none. @throws IdentityError */
export async function loadIdentity(folder: string): Promise<DeviceKeys | undefined> {
  if (!(await exists(folder))) return undefined;
  await checkPrivate(folder);
  await checkPrivate(join(folder, FILE));
  try {
    const found: unknown = JSON.parse(await readFile(join(folder, FILE), 'utf8'));
    if (typeof found !== 'object' || found === null) throw new TypeError('not an object');
    if (!('v' in found && 'device' in found && 'signingKey' in found && 'messageKey' in found)) {
      throw new TypeError('something is missing');
    }
    if (found.v !== 1 || typeof found.device !== 'string' || !/^[\w-]{22}$/.test(found.device)) {
      throw new TypeError('not of this version');
    }
    const { device, signingKey, messageKey } = found;
    return { device, signingKey: ed25519Private(signingKey), messageKey: p256Private(messageKey) };
  } catch {
    // No cause: what a parser says could quote a key.
    throw new IdentityError('ERR_IDENTITY_UNUSABLE', `The keys of this device in ${folder} cannot be read.`);
  }
}

/** Removes an identity, after the device was ended. */
export async function removeIdentity(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

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

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw new IdentityError('ERR_IDENTITY_UNUSABLE', `${path} cannot be looked at.`, { cause: error });
    },
  );
}

async function checkPrivate(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const found = await stat(path).catch((cause: unknown) => {
    throw new IdentityError('ERR_IDENTITY_UNUSABLE', `${path} is missing.`, { cause });
  });
  const owner = process.getuid?.();
  if ((found.mode & 0o077) === 0 && (owner === undefined || found.uid === owner)) return;
  throw new IdentityError(
    'ERR_IDENTITY_EXPOSED',
    `${path} must belong to the user who runs this and be closed to all others (chmod go-rwx ${path}).`,
  );
}
