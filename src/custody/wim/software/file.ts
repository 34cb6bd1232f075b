import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { compactDecrypt } from 'jose/jwe/compact/decrypt';
import { CompactEncrypt } from 'jose/jwe/compact/encrypt';
import { fromBase64Url, fromUtf8Strict, toBase64Url, utf8 } from '../../../lib/bytes.ts';
import { WimError } from '../errors.ts';
import { readWhole, writeWhole } from '../files.ts';
import { isName, publicPartPath, refuseExisting, writePublicPart } from '../public-part/index.ts';
import type { WayIn } from '../way-in.ts';
import { type Argon2idCost, defaultCost, isAcceptableCost, passphraseKey } from './argon2id.ts';
import { newScalars, type SecretScalars, wayInFromScalars } from './keys.ts';

const TYP = 'holdfast-wim+jwe';
const SALT = 16;
/** Characters; NIST SP 800-63B §3.1.1 asks for eight at least. */
const SHORTEST = 8;

interface Held {
  readonly name: string;
  readonly scalars: SecretScalars;
}

/**
 * Makes a software WIM: `path` with the keys (mode 0600), and the public part beside it.
 * @throws WimError `ERR_PASSPHRASE_SHORT`, `ERR_WIM_EXISTS`, `ERR_WIM_FILE`, `ERR_PUBLIC_PART` for a bad name
 */
export async function createSoftwareWim(
  path: string,
  name: string,
  passphrase: string,
  cost: Argon2idCost = defaultCost,
): Promise<WayIn> {
  if (!isName(name)) throw new WimError('ERR_PUBLIC_PART', 'A way in has a name of 1 to 128 characters.');
  const beside = publicPartPath(path);
  for (const each of [path, beside]) await refuseExisting(each);
  const held = { name, scalars: newScalars() };
  const way = await wayInFromScalars('software', name, held.scalars);
  await writeWhole(path, await sealed(held, passphrase, cost), { mode: 0o600 });
  try {
    await writePublicPart(beside, way.public);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return way;
}

/** @throws WimError `ERR_WIM_FILE`, `ERR_WIM_EXPOSED`, `ERR_PASSPHRASE_WRONG` */
export async function openSoftwareWim(path: string, passphrase: string): Promise<WayIn> {
  const { name, scalars } = await opened(path, passphrase);
  return wayInFromScalars('software', name, scalars);
}

/**
 * The file is replaced in one step: the old passphrase or the new one opens it, whatever happens.
 * @throws WimError as `openSoftwareWim`; `ERR_PASSPHRASE_SHORT`
 */
export async function changePassphrase(
  path: string,
  passphrase: string,
  next: string,
  cost: Argon2idCost = defaultCost,
): Promise<void> {
  const held = await opened(path, passphrase);
  await writeWhole(path, await sealed(held, next, cost), { mode: 0o600, replace: true });
}

async function sealed({ name, scalars }: Held, passphrase: string, cost: Argon2idCost): Promise<string> {
  if ([...passphrase.normalize('NFC')].length < SHORTEST)
    throw new WimError(
      'ERR_PASSPHRASE_SHORT',
      `A passphrase has ${SHORTEST} characters at least; some words are better.`,
    );
  if (!isAcceptableCost(cost)) throw new RangeError('costs of argon2id are out of bounds');
  const salt = new Uint8Array(randomBytes(SALT));
  const key = await passphraseKey(passphrase, salt, cost);
  const plaintext = JSON.stringify({
    name,
    decipher: toBase64Url(scalars.decipher),
    signature: toBase64Url(scalars.signature),
  });
  const { memory, passes, lanes } = cost;
  const jwe = await new CompactEncrypt(utf8(plaintext))
    .setProtectedHeader({
      alg: 'dir',
      enc: 'A256GCM',
      typ: TYP,
      hf: { v: 1, argon2id: { memory, passes, lanes, salt: toBase64Url(salt) } },
    })
    .encrypt(key);
  return `${jwe}\n`;
}

async function opened(path: string, passphrase: string): Promise<Held> {
  const jwe = (await readWhole(path, true)).trim();
  const { salt, cost } = parametersOf(jwe, path);
  const key = await passphraseKey(passphrase, salt, cost);
  let plaintext: Uint8Array;
  try {
    const allowed = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
    plaintext = (await compactDecrypt(jwe, key, allowed)).plaintext;
  } catch {
    throw new WimError(
      'ERR_PASSPHRASE_WRONG',
      `The passphrase does not open ${path}, or the file was altered.`,
    );
  }
  return heldIn(plaintext, path);
}

function parametersOf(jwe: string, path: string): { salt: Uint8Array; cost: Argon2idCost } {
  try {
    const header = JSON.parse(fromUtf8Strict(fromBase64Url(jwe.split('.')[0]!)));
    const { v, argon2id } = header.hf;
    const salt = fromBase64Url(argon2id.salt);
    if (header.typ !== TYP || v !== 1 || salt.length !== SALT) throw new TypeError('not a software WIM');
    if (!isAcceptableCost(argon2id)) throw new RangeError('costs of argon2id are out of bounds');
    return { salt, cost: argon2id };
  } catch (cause) {
    throw new WimError('ERR_WIM_FILE', `${path} is not a key file, or of another version.`, { cause });
  }
}

/** Without a cause: what a parser says could quote a key. */
function heldIn(plaintext: Uint8Array, path: string): Held {
  try {
    const { name, decipher, signature } = JSON.parse(fromUtf8Strict(plaintext)) as Record<string, string>;
    const scalars = { decipher: fromBase64Url(decipher!), signature: fromBase64Url(signature!) };
    if (!isName(name) || scalars.decipher.length !== 32 || scalars.signature.length !== 32)
      throw new TypeError('keys');
    return { name, scalars };
  } catch {
    throw new WimError('ERR_WIM_FILE', `${path} does not hold the keys that it should.`);
  }
}
