import { CompactSign } from 'jose/jws/compact/sign';
import { compactVerify } from 'jose/jws/compact/verify';
import { fromBase64Url, fromUtf8Strict, utf8 } from '../../lib/bytes.ts';
import { algorithmOf, type PublicKey, publicKey, thumbprint } from './keys.ts';

/**
 * Signs a payload as compact JWS whose protected header is exactly `alg`, `typ` and `kid` (RFC 7638 thumbprint).
 * A device's key holder is one, a token can be.
 */
export type Signer = (typ: string, payload: Uint8Array) => Promise<string>;

/** A signer on a private JWK in memory (Ed25519, P-256 or RSA). */
export function keySigner(privateJwk: Readonly<JsonWebKey>): Signer {
  const { alg: _alg, key_ops: _ops, use: _use, ext: _ext, ...key } = privateJwk;
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...open } = key;
  const kid = thumbprint(publicKey(open));
  const alg = algorithmOf(key);
  // The same object each time: jose then imports it once.
  const own = { ...key, kty: key.kty! };
  return async (typ, payload) =>
    new CompactSign(payload).setProtectedHeader({ alg, typ, kid: await kid }).sign(own);
}

export const signJson = (sign: Signer, typ: string, value: unknown): Promise<string> =>
  sign(typ, utf8(JSON.stringify(value)));

/** The `kid` that a compact JWS claims; nothing is verified yet. Undefined when there is none to be had. */
export function claimedKid(jws: string): string | undefined {
  try {
    const header: unknown = JSON.parse(fromUtf8Strict(fromBase64Url(jws.slice(0, jws.indexOf('.')))));
    const kid = (header as { kid?: unknown } | null)?.kid;
    return typeof kid === 'string' ? kid : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Verifies a compact JWS by a known key: algorithm of the key, this `typ`, this `kid`, nothing critical (RFC 7515
 * §4.1.11), and a JSON payload.
 *
 * @returns the payload's value; undefined when anything is not so
 */
export async function openJson(jws: string, typ: string, key: PublicKey, kid: string): Promise<unknown> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: [algorithmOf(key)] });
    const { typ: hasTyp, kid: hasKid, crit } = protectedHeader;
    if (hasTyp !== typ || hasKid !== kid || crit !== undefined) return undefined;
    return JSON.parse(fromUtf8Strict(payload));
  } catch {
    return undefined;
  }
}

/** SHA-256, base64url. */
export async function hashText(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(utf8(text)));
  return new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true });
}
