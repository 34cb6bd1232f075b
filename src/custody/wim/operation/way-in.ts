import { compactVerify } from 'jose/jws/compact/verify';
import { CryptoError, type Identity, type Recipient, type WrappedKey } from '../../../crypto/index.ts';
import { toBase64Url, utf8 } from '../../../lib/bytes.ts';
import { keyObject, type PublicJwk } from '../public-key.ts';
import type { PrivateOperations, PublicKeyPart, PublicWayIn, WayIn } from '../way-in.ts';
import { unwrapKey } from './wrapping.ts';

/** A way in over bare operations. */
export function wayInOf(part: PublicWayIn, bare: PrivateOperations): WayIn {
  let count = 0;
  const counting =
    <In, Out>(operation: (value: In) => Promise<Out>) =>
    (value: In): Promise<Out> => {
      count++;
      return operation(value);
    };
  const counted: PrivateOperations = {
    agree: counting((point) => bare.agree(point)),
    decrypt: counting((ciphertext) => bare.decrypt(ciphertext)),
    sign: counting((bytes) => bare.sign(bytes)),
    close: () => bare.close(),
  };
  return {
    public: part,
    get operations() {
      return count;
    },
    unwrap: (wrapped: WrappedKey) => unwrapKey(part.decipher.jwk, wrapped, counted),
    // RFC 7515 §7.1
    async sign(payload: Uint8Array, typ: string): Promise<string> {
      const { jwk, thumbprint } = part.signature;
      const header = JSON.stringify({ alg: signatureAlgorithm(jwk), typ, kid: thumbprint });
      const input = `${toBase64Url(utf8(header))}.${toBase64Url(payload)}`;
      return `${input}.${toBase64Url(await counted.sign(utf8(input)))}`;
    },
    close: () => counted.close(),
  };
}

const signatureAlgorithm = (jwk: PublicJwk): 'ES256' | 'RS256' => (jwk.kty === 'EC' ? 'ES256' : 'RS256');

/**
 * Verifies what a way in signed, and gives its payload; the algorithm is the one of the key.
 * @param what names it in the error
 * @throws CryptoError `ERR_NOT_AUTHENTIC`
 */
export async function verifyByWayIn(
  jws: string,
  { jwk, thumbprint }: PublicKeyPart,
  typ: string,
  what: string,
): Promise<Uint8Array> {
  try {
    const algorithms = [signatureAlgorithm(jwk)];
    const { payload, protectedHeader } = await compactVerify(jws, keyObject(jwk), { algorithms });
    if (protectedHeader.typ !== typ) throw new Error(`typ is ${JSON.stringify(protectedHeader.typ)}`);
    if (protectedHeader.kid !== thumbprint) throw new Error('kid is of another key');
    return payload;
  } catch (cause) {
    throw new CryptoError('ERR_NOT_AUTHENTIC', `${what}: the signature does not verify`, { cause });
  }
}

/** For sealing: needs the public part only. */
export const recipientOf = ({ decipher: { jwk, thumbprint } }: PublicWayIn): Recipient => ({
  kind: jwk.kty === 'EC' ? 'ec' : 'rsa',
  thumbprint,
  jwk,
});

/** For opening. */
export const identityOf = (way: WayIn): Identity => ({
  kind: 'operation',
  thumbprint: way.public.decipher.thumbprint,
  unwrap: (wrapped) => way.unwrap(wrapped),
});
