import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8, utf8 } from '../../lib/bytes.ts';
import { claimDirectory } from './directory.ts';
import { ServerError } from './errors.ts';
import {
  hashAdminToken,
  masterKey,
  newAdminToken,
  type Sealer,
  sealer,
  writeSecretFile,
} from './keys/index.ts';
import { addSecret, type Db, getMeta, getSecret, initMeta, openStore, setMeta } from './store/index.ts';

/** What lies in the state directory, opened. */
export interface State {
  readonly db: Db;
  readonly sealer: Sealer;
  /** The identity root, 32 bytes. */
  readonly root: Uint8Array;
  /** Path of the file with the admin token. */
  readonly adminToken: string;
  readonly adminTokenHash: string;
}

/**
 * Opens the state directory; the first time it makes master key, database, identity root and admin token.
 *
 * @throws ServerError `ERR_SERVER_DIRECTORY`; `ERR_SERVER_STATE`; `ERR_SERVER_SEAL` when the master key is not the one of the database
 */
export async function openState(directory: string, now: number, newToken: boolean): Promise<State> {
  await claimDirectory(directory);
  const seal = sealer(await masterKey(directory));
  const db = await openStore(join(directory, 'server.sqlite'));
  try {
    await initMeta(db, 'created', String(now));
    const root = await identityRoot(db, seal);
    const adminToken = join(directory, 'admin-token');
    return { db, sealer: seal, root, adminToken, adminTokenHash: await tokenHash(db, adminToken, newToken) };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Everything that devices know this server by derives from it. */
async function identityRoot(db: Db, seal: Sealer): Promise<Uint8Array> {
  const place = { table: 'secret', row: 'identity-root', column: 'sealed' };
  const stored = await getSecret(db, place.row);
  if (stored !== undefined) return seal.open(place, stored);
  const root = new Uint8Array(randomBytes(32));
  await addSecret(db, place.row, seal.seal(place, root));
  return root;
}

/** The file is there before its hash is: a start that was cut short is made up for by the next. */
async function tokenHash(db: Db, path: string, renew: boolean): Promise<string> {
  const stored = await getMeta(db, 'admin-token');
  if (stored !== undefined && !renew) return stored;
  if (renew) await rm(path, { force: true });
  await writeSecretFile(path, utf8(`${newAdminToken()}\n`));
  const token = fromUtf8(await readFile(path)).trim();
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) {
    throw new ServerError('ERR_SERVER_STATE', `${path} holds no admin token; remove it, and start again`);
  }
  const hash = await hashAdminToken(token);
  await setMeta(db, 'admin-token', hash);
  return hash;
}
