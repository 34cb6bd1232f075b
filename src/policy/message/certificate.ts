/** Certificates: the server says which signing key is which device's, and whose (design: who may sign). */

import { asId, asInteger, asObject, parseJson } from '../../lib/shape.ts';
import { signJson, verifyJws } from './envelope.ts';
import { MessageError } from './errors.ts';
import { type Ed25519Private, type Ed25519Public, ed25519Public, publicOf } from './keys.ts';

export const CERTIFICATE_TYP = 'holdfast-certificate+jws';
/** Characters of a certificate, at most. */
export const CERTIFICATE_LIMIT = 2048;

export interface Certificate {
  readonly v: 1;
  readonly device: string;
  readonly user: string;
  readonly jwk: Ed25519Public;
  readonly iat: number;
}

/** Certifies a device's signing key with the server's identity key; compact JWS. */
export function certify(identityKey: Ed25519Private, certificate: Omit<Certificate, 'v'>): Promise<string> {
  const { device, user, jwk, iat } = certificate;
  return signJson(CERTIFICATE_TYP, identityKey, { v: 1, device, user, jwk: publicOf(jwk), iat });
}

/** @throws MessageError `ERR_CERTIFICATE` */
export async function verifyCertificate(identityKey: Ed25519Public, jws: string): Promise<Certificate> {
  try {
    if (jws.length > CERTIFICATE_LIMIT) throw new RangeError(`longer than ${CERTIFICATE_LIMIT} characters`);
    const payload = asObject(parseJson(await verifyJws(CERTIFICATE_TYP, identityKey, jws), 'it'), 'it');
    if (payload.v !== 1) throw new RangeError('another version');
    return {
      v: 1,
      device: asId(payload.device, 'device'),
      user: asId(payload.user, 'user'),
      jwk: ed25519Public(payload.jwk),
      iat: asInteger(payload.iat, 'iat'),
    };
  } catch (cause) {
    throw new MessageError('ERR_CERTIFICATE', 'The certificate of a device key is not from this server.', {
      cause,
    });
  }
}
