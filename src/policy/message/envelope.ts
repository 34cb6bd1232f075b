/**
 * The two layers of every message between server and device: a compact JWS (RFC 7515) inside a compact JWE
 * (RFC 7516). Algorithms are fixed here and never taken from a message (RFC 8725 §3.1); every kind of
 * signature has a `typ` of its own, so that none passes for another (RFC 8725 §3.11).
 */

import { decodeProtectedHeader } from 'jose/decode/protected_header';
import { compactDecrypt } from 'jose/jwe/compact/decrypt';
import { CompactEncrypt } from 'jose/jwe/compact/encrypt';
import { CompactSign } from 'jose/jws/compact/sign';
import { compactVerify } from 'jose/jws/compact/verify';
import { importJWK } from 'jose/key/import';
import { MalformedError } from '../../lib/binary.ts';
import { utf8 } from '../../lib/bytes.ts';
import {
  type Ed25519Private,
  type Ed25519Public,
  type P256Private,
  type P256Public,
  publicOf,
  thumbprint,
} from './keys.ts';

const SIGN = 'EdDSA';
const AGREE = 'ECDH-ES+A256KW';
const ENCRYPT = 'A256GCM';

/** Signs bytes; the header is exactly `alg`, `typ` and `kid`. */
export async function signBytes(typ: string, key: Ed25519Private, payload: Uint8Array): Promise<string> {
  return new CompactSign(payload)
    .setProtectedHeader({ alg: SIGN, typ, kid: await thumbprint(key) })
    .sign(await privateKey(key));
}

export const signJson = (typ: string, key: Ed25519Private, payload: object): Promise<string> =>
  signBytes(typ, key, utf8(JSON.stringify(payload)));

/** The header has to name the pinned key, our algorithm and this type, and nothing more. @throws MalformedError */
export async function checkSigner(typ: string, key: Ed25519Public, jws: string): Promise<void> {
  const header = headerOf(jws);
  if (header.alg !== SIGN) throw new MalformedError('signed with an algorithm that is not EdDSA');
  if (header.typ !== typ) throw new MalformedError(`a signature that is not of type ${typ}`);
  if (header.kid !== (await thumbprint(key))) throw new MalformedError('signed with another key');
  if (Object.keys(header).length !== 3) throw new MalformedError('a signature with unknown header members');
}

/** The payload of a JWS whose signer was checked. @throws from jose, when the signature does not verify */
export async function verifiedBytes(key: Ed25519Public, jws: string): Promise<Uint8Array> {
  const verified = await compactVerify(jws, await publicKey(key), {
    algorithms: [SIGN],
  });
  return verified.payload;
}

/** Both checks at once. */
export async function verifyJws(typ: string, key: Ed25519Public, jws: string): Promise<Uint8Array> {
  await checkSigner(typ, key, jws);
  return verifiedBytes(key, jws);
}

/** Seals text to a P-256 key; `kid` lets the receiver pick among its newest keys. */
export async function sealTo(key: P256Public, text: string): Promise<string> {
  return new CompactEncrypt(utf8(text))
    .setProtectedHeader({ alg: AGREE, enc: ENCRYPT, kid: await thumbprint(key) })
    .encrypt(await publicKey(key));
}

/** The key that a sealed text names; undefined when it is none of these. @throws MalformedError */
export async function keyFor(keys: readonly P256Private[], sealed: string): Promise<P256Private | undefined> {
  const { kid } = headerOf(sealed);
  for (const key of keys) if (kid === (await thumbprint(key))) return key;
  return undefined;
}

/** Opens what was sealed to this key. @throws MalformedError, or from jose when it does not open */
export async function openWith(key: P256Private, sealed: string): Promise<Uint8Array> {
  const header = headerOf(sealed);
  for (const member of Object.keys(header)) {
    // Above all no `zip`: a small text must not become a large one.
    if (!['alg', 'enc', 'kid', 'epk'].includes(member)) throw new MalformedError('an unknown header member');
  }
  const opened = await compactDecrypt(sealed, await privateKey(key), {
    keyManagementAlgorithms: [AGREE],
    contentEncryptionAlgorithms: [ENCRYPT],
  });
  return opened.plaintext;
}

type Imported = ReturnType<typeof importJWK>;
type Jwk = Ed25519Public | P256Public;

/** Imported once for each key object, and forgotten with it. */
const privateKeys = new WeakMap<Jwk, Imported>();
const publicKeys = new WeakMap<Jwk, Imported>();

const privateKey = (key: Ed25519Private | P256Private): Imported =>
  imported(privateKeys, key, () => ({ ...key }));

const publicKey = (key: Jwk): Imported =>
  imported(publicKeys, key, () => (key.kty === 'EC' ? { ...publicOf(key) } : { ...publicOf(key) }));

function imported(
  known: WeakMap<Jwk, Imported>,
  key: Jwk,
  jwk: () => JsonWebKey & { kty: string },
): Imported {
  const held = known.get(key);
  if (held) return held;
  const made = importJWK(jwk(), key.kty === 'EC' ? AGREE : SIGN);
  known.set(key, made);
  return made;
}

function headerOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return decodeProtectedHeader(token);
  } catch (cause) {
    throw new MalformedError('not a compact JWS or JWE', { cause });
  }
}
