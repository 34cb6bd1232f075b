import { compactVerify } from 'jose/jws/compact/verify';
import { importJWK } from 'jose/key/import';
import { CryptoError } from '../errors.ts';

/**
 * Verifies a compact JWS (RFC 7515, EdDSA with Ed25519 as RFC 8037 says) of exactly this `typ` and gives its payload.
 * The algorithm comes from the key, never from the message.
 *
 * @throws CryptoError `ERR_NOT_AUTHENTIC` naming `what`
 */
export async function verifySignature(
  jws: string,
  jwk: Readonly<JsonWebKey>,
  typ: string,
  what: string,
): Promise<Uint8Array> {
  try {
    const key = await imported(jwk);
    const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: ['EdDSA'] });
    if (protectedHeader.typ !== typ) throw new Error(`typ is ${JSON.stringify(protectedHeader.typ)}`);
    return payload;
  } catch (cause) {
    throw new CryptoError('ERR_NOT_AUTHENTIC', `${what}: the signature does not verify`, { cause });
  }
}

const keys = new WeakMap<object, ReturnType<typeof importJWK>>();

/** Once for each key object: a chain has hundreds of manifests by one key. */
function imported(jwk: Readonly<JsonWebKey>): ReturnType<typeof importJWK> {
  let key = keys.get(jwk);
  if (!key) keys.set(jwk, (key = importJWK({ ...jwk, kty: 'OKP', alg: 'EdDSA' }, 'EdDSA')));
  return key;
}
