import { createDecipheriv, randomBytes } from 'node:crypto';
import { CryptoError, type WrappedKey } from '../../../crypto/index.ts';
import { concat, fromBase64Url } from '../../../lib/bytes.ts';
import { type PublicJwk, publicJwk } from '../public-key.ts';
import type { PrivateOperations } from '../way-in.ts';
import { wrappingKey } from './concat-kdf.ts';
import { unpadOaep } from './oaep.ts';

/** Of the content encryption, A256GCM. */
const KEY_BYTES = 32;

/**
 * Unwraps by one operation. The algorithm is the one of our key; a header that names another costs no operation.
 * What does not unwrap gives a random key (RFC 7516 §11.5).
 *
 * @throws CryptoError `ERR_NOT_AUTHENTIC` for a header that is not for this key; and what the operation throws
 */
export function unwrapKey(
  jwk: PublicJwk,
  wrapped: WrappedKey,
  operations: PrivateOperations,
): Promise<Uint8Array> {
  return jwk.kty === 'EC' ? byAgreement(wrapped, operations) : byDecryption(jwk, wrapped, operations);
}

/** RFC 7518 §4.6 with A256KW. */
async function byAgreement(
  { header, encryptedKey }: WrappedKey,
  operations: PrivateOperations,
): Promise<Uint8Array> {
  if (header.alg !== 'ECDH-ES+A256KW') throw foreign();
  // 40 bytes: 32 and the 8 that A256KW adds (RFC 3394 §2.2).
  if (encryptedKey.length !== KEY_BYTES + 8) throw foreign();
  const point = pointOf(header.epk);
  const [apu, apv] = [partyInfo(header.apu), partyInfo(header.apv)];
  const secret = await operations.agree(point);
  const key = wrappingKey(secret, apu, apv);
  secret.fill(0);
  try {
    const unwrap = createDecipheriv('id-aes256-wrap', key, new Uint8Array(8).fill(0xa6));
    const first = unwrap.update(encryptedKey);
    return new Uint8Array(concat(first, unwrap.final()));
  } catch {
    return randomBytes(KEY_BYTES);
  } finally {
    key.fill(0);
  }
}

/** Before it goes to the token: a point that is not on the curve could draw bits out of its key. */
function pointOf(epk: unknown): Uint8Array {
  try {
    const jwk = publicJwk(epk, 'epk');
    if (jwk.kty !== 'EC') throw foreign();
    return concat(Uint8Array.of(4), fromBase64Url(jwk.x), fromBase64Url(jwk.y));
  } catch (cause) {
    throw foreign(cause);
  }
}

function partyInfo(value: unknown): Uint8Array {
  if (value === undefined) return new Uint8Array(0);
  try {
    return fromBase64Url(value as string);
  } catch (cause) {
    throw foreign(cause);
  }
}

/** RFC 7518 §4.3 with SHA-256. */
async function byDecryption(
  jwk: PublicJwk & { kty: 'RSA' },
  { header, encryptedKey }: WrappedKey,
  operations: PrivateOperations,
): Promise<Uint8Array> {
  if (header.alg !== 'RSA-OAEP-256') throw foreign();
  const length = fromBase64Url(jwk.n).length;
  if (encryptedKey.length !== length) throw foreign();
  const otherwise = new Uint8Array(randomBytes(KEY_BYTES));
  const decrypted = await operations.decrypt(encryptedKey);
  if (decrypted.kind === 'refused') return otherwise;
  if (decrypted.kind === 'message') return decrypted.bytes.length === KEY_BYTES ? decrypted.bytes : otherwise;
  // A token may leave out zeros in front.
  const block = new Uint8Array(length);
  block.set(decrypted.bytes.subarray(-length), length - Math.min(length, decrypted.bytes.length));
  return unpadOaep(block, otherwise);
}

const foreign = (cause?: unknown): CryptoError =>
  new CryptoError('ERR_NOT_AUTHENTIC', 'the envelope is altered: it is not wrapped as for this key', {
    cause,
  });
