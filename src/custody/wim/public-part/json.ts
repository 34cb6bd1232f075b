import { createHash, X509Certificate } from 'node:crypto';
import { fromBase64Url, toBase64Url } from '../../../lib/bytes.ts';
import { WimError } from '../errors.ts';
import { jwkOf, type PublicJwk, publicJwk, thumbprintOf } from '../public-key.ts';
import type { PublicKeyPart, PublicWayIn } from '../way-in.ts';

/** docs/format/personal.md, "Ways in". */
export interface PublicWayInJson {
  readonly kind: PublicWayIn['kind'];
  readonly name: string;
  readonly decipher: PublicJwk;
  readonly signature: PublicJwk;
  /** DER, base64url. */
  readonly certificates?: { readonly decipher?: string; readonly signature?: string };
}

const KINDS: readonly unknown[] = ['token', 'software', 'phrase'] satisfies PublicWayIn['kind'][];
const MAX_NAME = 128;
/** DER; cards hold about 3 KiB. */
const MAX_CERTIFICATE = 16 * 1024;

export function publicWayInJson({ kind, name, decipher, signature }: PublicWayIn): PublicWayInJson {
  const certificates = {
    ...(decipher.certificate && { decipher: toBase64Url(decipher.certificate) }),
    ...(signature.certificate && { signature: toBase64Url(signature.certificate) }),
  };
  return {
    kind,
    name,
    decipher: decipher.jwk,
    signature: signature.jwk,
    ...(Object.keys(certificates).length > 0 && { certificates }),
  };
}

/**
 * Unknown members are ignored.
 * @param what names it in the error
 * @throws WimError `ERR_PUBLIC_PART`
 */
export async function parsePublicWayIn(value: unknown, what: string): Promise<PublicWayIn> {
  const bad = (why: string) =>
    new WimError('ERR_PUBLIC_PART', `${what} is not the public part of a way in: ${why}.`);
  if (typeof value !== 'object' || value === null) throw bad('no object');
  const { kind, name, decipher, signature, certificates = {} } = value as Record<string, unknown>;
  if (!KINDS.includes(kind)) throw bad('its kind is not known');
  if (!isName(name)) throw bad('its name is missing or too long');
  if (typeof certificates !== 'object' || certificates === null) throw bad('its certificates are no object');
  const encoded = certificates as { readonly decipher?: unknown; readonly signature?: unknown };
  const part = (jwk: unknown, role: 'decipher' | 'signature') =>
    publicKeyPart(
      publicJwk(jwk, `The ${role} key of ${what}`),
      certificateOf(encoded[role]),
      `${what}: ${role} key`,
    );
  return {
    kind: kind as PublicWayIn['kind'],
    name,
    decipher: await part(decipher, 'decipher'),
    signature: await part(signature, 'signature'),
  };

  function certificateOf(text: unknown): Uint8Array | undefined {
    if (text === undefined) return undefined;
    try {
      const bytes = fromBase64Url(text as string);
      if (bytes.length <= MAX_CERTIFICATE) return bytes;
    } catch {}
    throw bad('a certificate is not base64url, or too long');
  }
}

/** @throws WimError `ERR_PUBLIC_PART` when the certificate is another key's */
export async function publicKeyPart(
  jwk: PublicJwk,
  certificate: Uint8Array | undefined,
  what: string,
): Promise<PublicKeyPart> {
  const thumbprint = await thumbprintOf(jwk);
  if (!certificate) return { jwk, thumbprint };
  let found: PublicJwk;
  try {
    found = jwkOf(new X509Certificate(certificate).publicKey, 'the key of the certificate');
  } catch (cause) {
    throw new WimError('ERR_PUBLIC_PART', `${what}: its certificate cannot be read.`, { cause });
  }
  if ((await thumbprintOf(found)) !== thumbprint)
    throw new WimError('ERR_PUBLIC_PART', `${what}: its certificate is for another key.`);
  return { jwk, thumbprint, certificate };
}

/** Up to 128 characters, none of them a control character: it is shown. */
export const isName = (name: unknown): name is string =>
  typeof name === 'string' && name.length > 0 && name.length <= MAX_NAME && !/\p{Cc}/u.test(name);

/**
 * What two people compare to know that they mean the same way in: 32 hexadecimal digits in groups of four, the first
 * 128 bits of SHA-256( "holdfast/1 way in" | decipher thumbprint | signature thumbprint ).
 */
export function fingerprintOf({ decipher, signature }: PublicWayIn): string {
  const hash = createHash('sha256')
    .update('holdfast/1 way in')
    .update(fromBase64Url(decipher.thumbprint))
    .update(fromBase64Url(signature.thumbprint))
    .digest('hex');
  return hash.slice(0, 32).match(/.{4}/g)!.join(' ');
}
