import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import { z } from 'zod';
import { GrantError } from './errors.ts';

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/**
 * A public key that signs grants (issuer) or proofs (device): the members that RFC 7638 hashes, and no others.
 * Ed25519 for servers and devices, P-256 and RSA (2048 bits or more) for tokens.
 */
export const publicKeySchema = z.discriminatedUnion('kty', [
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: coordinate }),
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate }),
  z.strictObject({
    kty: z.literal('RSA'),
    n: z.string().regex(/^[A-Za-z0-9_-]{342,700}$/),
    e: z.literal('AQAB'),
  }),
]);

export type PublicKey = z.infer<typeof publicKeySchema>;

/** RFC 7638 SHA-256 thumbprint, base64url. */
export const thumbprintSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

export type Algorithm = 'EdDSA' | 'ES256' | 'RS256';

/** The one algorithm of a key: never taken from a message (RFC 8725 §3.1). */
export function algorithmOf(key: { readonly kty?: string | undefined }): Algorithm {
  switch (key.kty) {
    case 'OKP':
      return 'EdDSA';
    case 'EC':
      return 'ES256';
    case 'RSA':
      return 'RS256';
    default:
      throw new GrantError('ERR_KEY_UNSUPPORTED', 'not an Ed25519, P-256 or RSA key');
  }
}

export const thumbprint = (key: PublicKey): Promise<string> => calculateJwkThumbprint(key);

/**
 * Reduces a JWK from outside to what counts.
 *
 * @throws GrantError `ERR_KEY_UNSUPPORTED`, also when it is a private key: that has no business here
 */
export function publicKey(jwk: unknown): PublicKey {
  if (typeof jwk !== 'object' || jwk === null) {
    throw new GrantError('ERR_KEY_UNSUPPORTED', 'not a JSON Web Key');
  }
  const { kty, crv, x, y, n, e, d, k } = jwk as Record<string, unknown>;
  if (d !== undefined || k !== undefined) {
    throw new GrantError('ERR_KEY_UNSUPPORTED', 'this is a secret key; give the public one only');
  }
  const members =
    kty === 'OKP' ? { kty, crv, x } : kty === 'EC' ? { kty, crv, x, y } : kty === 'RSA' ? { kty, n, e } : {};
  const parsed = publicKeySchema.safeParse(members);
  if (!parsed.success) {
    throw new GrantError(
      'ERR_KEY_UNSUPPORTED',
      'not an Ed25519, P-256 or RSA (2048 bits, e 65537) public key',
    );
  }
  return parsed.data;
}
