import {
  createECDH,
  createPrivateKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { fromBase64Url, toBase64Url } from '../../../lib/bytes.ts';
import { wayInOf } from '../operation/index.ts';
import { keyObject, type PublicJwk, publicJwk, thumbprintOf } from '../public-key.ts';
import type { PrivateOperations, WayIn } from '../way-in.ts';

/** The scalars of two P-256 keys, 32 bytes each: all that a software WIM or a phrase has. */
export interface SecretScalars {
  readonly decipher: Uint8Array;
  readonly signature: Uint8Array;
}

export function newScalars(): SecretScalars {
  const one = () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return fromBase64Url(privateKey.export({ format: 'jwk' }).d!);
  };
  return { decipher: one(), signature: one() };
}

/** A way in whose keys lie in this process's memory. */
export async function wayInFromScalars(
  kind: 'software' | 'phrase',
  name: string,
  { decipher, signature }: SecretScalars,
): Promise<WayIn> {
  const [mine, signing] = [keyPair(decipher), keyPair(signature)];
  const part = async (jwk: PublicJwk) => ({ jwk, thumbprint: await thumbprintOf(jwk) });
  const operations: PrivateOperations = {
    async agree(point) {
      const publicKey = keyObject(jwkOfPoint(point));
      return new Uint8Array(diffieHellman({ privateKey: mine.key, publicKey }));
    },
    decrypt: () => Promise.reject(new TypeError('a P-256 key does not decrypt')),
    async sign(bytes) {
      return new Uint8Array(sign('sha256', bytes, { key: signing.key, dsaEncoding: 'ieee-p1363' }));
    },
    async close() {},
  };
  return wayInOf(
    { kind, name, decipher: await part(mine.jwk), signature: await part(signing.jwk) },
    operations,
  );
}

function keyPair(scalar: Uint8Array): { readonly key: KeyObject; readonly jwk: PublicJwk } {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(scalar);
  const jwk = jwkOfPoint(curve.getPublicKey());
  return { key: createPrivateKey({ key: { ...jwk, d: toBase64Url(scalar) }, format: 'jwk' }), jwk };
}

/** From an uncompressed point (SEC 1 §2.3.3). */
function jwkOfPoint(point: Uint8Array): PublicJwk {
  const [x, y] = [point.subarray(1, 33), point.subarray(33, 65)].map(toBase64Url);
  return publicJwk({ kty: 'EC', crv: 'P-256', x, y }, 'the point');
}
