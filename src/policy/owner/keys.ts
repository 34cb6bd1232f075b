/** Public keys of ways in and devices as JWKs: exactly the members that RFC 7638 hashes. */
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import { MalformedError } from '../../lib/binary.ts';
import { asBytesText, asObject, asText } from '../../lib/shape.ts';

export interface EcPublic {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

/** 2048 to 4096 bits, exponent 65537. */
export interface RsaPublic {
  readonly kty: 'RSA';
  readonly n: string;
  readonly e: 'AQAB';
}

export interface EdPublic {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
}

/** Recipient of envelopes. */
export type DecipherKey = EcPublic | RsaPublic;
/** Verifies owner records and grants. */
export type SignatureKey = EcPublic | RsaPublic | EdPublic;

/** RFC 7638, SHA-256, base64url. */
export const keyThumbprint = (key: SignatureKey): Promise<string> => calculateJwkThumbprint({ ...key });

/** The one algorithm of a key: never taken from a message (RFC 8725 §3.1). */
export const algorithms = { EC: 'ES256', RSA: 'RS256', OKP: 'EdDSA' } as const;

/** @throws MalformedError */
export function decipherKey(value: unknown): DecipherKey {
  const jwk = asObject(value, 'a decipher key');
  if (jwk.kty === 'EC') return ecPublic(jwk);
  if (jwk.kty === 'RSA') return rsaPublic(jwk);
  throw new MalformedError('a decipher key that is neither P-256 nor RSA');
}

/** @throws MalformedError */
export function signatureKey(value: unknown): SignatureKey {
  const jwk = asObject(value, 'a signature key');
  if (jwk.kty === 'EC') return ecPublic(jwk);
  if (jwk.kty === 'RSA') return rsaPublic(jwk);
  return edPublic(jwk);
}

/** @throws MalformedError */
export function edPublic(value: unknown): EdPublic {
  const jwk = asObject(value, 'an Ed25519 key');
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519') throw new MalformedError('not an Ed25519 key');
  return { kty: 'OKP', crv: 'Ed25519', x: asBytesText(jwk.x, 'x of an Ed25519 key', 32) };
}

function ecPublic(jwk: ReturnType<typeof asObject>): EcPublic {
  if (jwk.crv !== 'P-256') throw new MalformedError('an EC key that is not of P-256');
  const x = asBytesText(jwk.x, 'x of a P-256 key', 32);
  return { kty: 'EC', crv: 'P-256', x, y: asBytesText(jwk.y, 'y of a P-256 key', 32) };
}

function rsaPublic(jwk: ReturnType<typeof asObject>): RsaPublic {
  const n = asText(jwk.n, 'n of an RSA key', 683);
  if (jwk.e !== 'AQAB') throw new MalformedError('an RSA key whose exponent is not 65537');
  for (const bits of [2048, 3072, 4096])
    if (n.length === Math.ceil(bits / 6)) return { kty: 'RSA', n: asBytesText(n, 'n', bits / 8), e: 'AQAB' };
  throw new MalformedError('an RSA key of another size than 2048, 3072 or 4096 bits');
}
