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
  type P256Private,
  p256Private,
} from '../../policy/message/index.ts';
import { IdentityError } from './errors.ts';

/** Id and signing key: for as long as the device is this device. */
const FILE = 'keys.json';
/** The first message key: until the enrolment, where protected memory takes it over. */
const MESSAGE_FILE = 'message-key.json';

/** What a device signs with. */
export type SigningIdentity = Pick<DeviceKeys, 'device' | 'signingKey'>;

/** What lies in the folder; the first message key is gone once it was spent. */
export interface StoredIdentity extends SigningIdentity {
  readonly messageKey: P256Private | undefined;
}

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
    const { device, signingKey, messageKey } = keys;
    await writeSynced(join(draft, FILE), JSON.stringify({ v: 1, device, signingKey }));
    await writeSynced(join(draft, MESSAGE_FILE), JSON.stringify({ v: 1, messageKey }));
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
export async function loadIdentity(folder: string): Promise<StoredIdentity | undefined> {
  if (!(await exists(folder))) return undefined;
  await checkPrivate(folder);
  const { device, signingKey } = await readJson(join(folder, FILE));
  const spent = !(await exists(join(folder, MESSAGE_FILE)));
  const first = spent ? undefined : (await readJson(join(folder, MESSAGE_FILE))).messageKey;
  try {
    if (typeof device !== 'string' || !/^[\w-]{22}$/.test(device)) throw new TypeError('not an id');
    const messageKey = first === undefined ? undefined : p256Private(first);
    return { device, signingKey: ed25519Private(signingKey), messageKey };
  } catch {
    throw unreadable(folder);
  }
}

/**
 * Removes the first message key, once protected memory holds it: it changes with the traffic from then on, and
 * what was sealed to it must not be opened again by one who finds these files later.
 */
export async function spendMessageKey(folder: string): Promise<void> {
  await rm(join(folder, MESSAGE_FILE), { force: true });
  await syncFolder(folder);
}

/** Removes an identity, after the device was ended. */
export async function removeIdentity(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

async function readJson(path: string): Promise<Readonly<Record<string, unknown>>> {
  await checkPrivate(path);
  try {
    const found: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof found !== 'object' || found === null || !('v' in found) || found.v !== 1)
      throw new TypeError('v');
    return found as Readonly<Record<string, unknown>>;
  } catch {
    throw unreadable(path);
  }
}

/** Without a cause: what a parser says could quote a key. */
const unreadable = (path: string) =>
  new IdentityError('ERR_IDENTITY_UNUSABLE', `The keys of this device in ${path} cannot be read.`);

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
