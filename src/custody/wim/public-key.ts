import { createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import { WimError } from './errors.ts';

/** A public key of a way in: P-256, or RSA of 2048 to 4096 bits with the exponent 65537. */
export type PublicJwk =
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string };

/**
 * The key in exactly these members, from whatever was found; a point is on its curve.
 * @param what names it in the error
 * @throws WimError `ERR_PUBLIC_PART`
 */
export function publicJwk(value: unknown, what: string): PublicJwk {
  let key: KeyObject;
  try {
    const { kty, crv, x, y, n, e } = value as Record<string, string>;
    const jwk = kty === 'EC' ? { kty, crv, x, y } : { kty, n, e };
    key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch (cause) {
    throw new WimError('ERR_PUBLIC_PART', `${what} is not a public key.`, { cause });
  }
  return jwkOf(key, what);
}

/** @throws WimError `ERR_PUBLIC_PART` for keys that are not of the two kinds */
export function jwkOf(key: KeyObject, what: string): PublicJwk {
  const { kty, crv, x, y, n, e } = key.export({ format: 'jwk' });
  if (kty === 'EC' && crv === 'P-256' && x && y) return { kty, crv, x, y };
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (kty === 'RSA' && n && e === 'AQAB' && bits >= 2048 && bits <= 4096) return { kty, n, e };
  const found = kty === 'EC' ? `a key on the curve ${crv}` : `${kty} with ${bits} bits`;
  throw new WimError(
    'ERR_PUBLIC_PART',
    `${what} is ${found}; P-256 and RSA of 2048 to 4096 bits can be used.`,
  );
}

export const keyObject = (jwk: PublicJwk): KeyObject => createPublicKey({ key: jwk, format: 'jwk' });

/** RFC 7638, SHA-256, base64url. */
export const thumbprintOf = (jwk: PublicJwk): Promise<string> => calculateJwkThumbprint({ ...jwk });
