import { X509Certificate } from 'node:crypto';
import { toBase64Url } from '../../../lib/bytes.ts';
import { WimError } from '../errors.ts';
import { jwkOf, type PublicJwk, publicJwk } from '../public-key.ts';
import { publicKeyPart } from '../public-part/index.ts';
import type { PublicKeyPart } from '../way-in.ts';
import type { KeyDescription } from './module/index.ts';

/** A key of a token that is of a kind we use, checked. */
export interface TokenKey {
  /** `CKA_ID` in hexadecimal. */
  readonly id: string;
  readonly label: string;
  readonly part: PublicKeyPart;
  /** Undefined before login on most tokens. */
  readonly privateKey: KeyDescription['privateKey'];
}

/** Those of the keys that can be used; others are passed over. */
export async function usableKeys(keys: readonly KeyDescription[]): Promise<TokenKey[]> {
  const all = await Promise.all(keys.map(usableKey));
  return all.filter((key) => key !== undefined);
}

async function usableKey(key: KeyDescription): Promise<TokenKey | undefined> {
  try {
    const jwk = publicKeyOf(key);
    const part = await publicKeyPart(
      jwk,
      key.certificate && new Uint8Array(key.certificate),
      `key ${key.id}`,
    );
    return { id: key.id, label: key.label, part, privateKey: key.privateKey };
  } catch (error) {
    // Certificates of authorities, keys on other curves, a certificate for another key than the one beside it.
    if (error instanceof WimError) return undefined;
    throw error;
  }
}

function publicKeyOf({ id, point, modulus, exponent, certificate }: KeyDescription): PublicJwk {
  const what = `The key ${id} of the token`;
  if (point) {
    const bare = uncompressed(point);
    const [x, y] = [bare.subarray(1, 33), bare.subarray(33)].map(toBase64Url);
    return publicJwk({ kty: 'EC', crv: 'P-256', x, y }, what);
  }
  if (modulus && exponent) return publicJwk({ kty: 'RSA', n: integer(modulus), e: integer(exponent) }, what);
  try {
    return jwkOf(new X509Certificate(certificate ?? new Uint8Array(0)).publicKey, what);
  } catch (cause) {
    throw new WimError('ERR_PUBLIC_PART', `${what} cannot be read.`, { cause });
  }
}

/** PKCS #11 wants a DER OCTET STRING around the point (§2.3.3); some modules leave it out. */
function uncompressed(point: Uint8Array): Uint8Array {
  const bare = point.length === 67 && point[0] === 0x04 && point[1] === 65 ? point.subarray(2) : point;
  if (bare.length !== 65 || bare[0] !== 0x04)
    throw new WimError('ERR_PUBLIC_PART', 'A point is not uncompressed.');
  return bare;
}

/** Without zeros in front, as a JWK has it (RFC 7518 §6.3.1). */
const integer = (bytes: Uint8Array): string =>
  toBase64Url(bytes.subarray(bytes.findIndex((byte) => byte !== 0)));
