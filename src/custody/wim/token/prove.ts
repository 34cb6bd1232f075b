import { randomBytes } from 'node:crypto';
import { flattenedDecrypt } from 'jose/jwe/flattened/decrypt';
import { FlattenedEncrypt } from 'jose/jwe/flattened/encrypt';
import { equalBytes, fromBase64Url, fromUtf8, utf8 } from '../../../lib/bytes.ts';
import { BaseError } from '../../../lib/errors.ts';
import { WimError } from '../errors.ts';
import { verifyByWayIn } from '../operation/index.ts';
import { keyObject } from '../public-key.ts';
import type { WayIn } from '../way-in.ts';

const TYP = 'holdfast-proof-of-keys+jws';

/**
 * Uses both keys once, before anything depends on them: what is sealed for the one opens, and what the other signs
 * verifies.
 *
 * @throws WimError `ERR_TOKEN_KEY`, `ERR_TOKEN_CANNOT_SIGN`; what the token throws otherwise
 */
export async function proveWayIn(way: WayIn): Promise<void> {
  await proveDecipher(way);
  await proveSignature(way);
}

async function proveDecipher(way: WayIn): Promise<void> {
  const { jwk } = way.public.decipher;
  const secret = new Uint8Array(randomBytes(32));
  const jwe = await new FlattenedEncrypt(secret)
    .setProtectedHeader({ enc: 'A256GCM' })
    .setUnprotectedHeader({ alg: jwk.kty === 'EC' ? 'ECDH-ES+A256KW' : 'RSA-OAEP-256' })
    .encrypt(keyObject(jwk));
  const header = { ...JSON.parse(fromUtf8(fromBase64Url(jwe.protected!))), ...jwe.header };
  const key = await way.unwrap({ header, encryptedKey: fromBase64Url(jwe.encrypted_key!) });
  const { encrypted_key: _, ...content } = jwe;
  const opened = await flattenedDecrypt({ ...content, header: { alg: 'dir' } }, key).catch(() => undefined);
  if (!opened || !equalBytes(opened.plaintext, secret))
    throw new WimError('ERR_TOKEN_KEY', 'The token does not open what is sealed for its decipher key.');
}

async function proveSignature(way: WayIn): Promise<void> {
  const payload = utf8('{}');
  try {
    await verifyByWayIn(await way.sign(payload, TYP), way.public.signature, TYP, 'the proof');
  } catch (cause) {
    if (cause instanceof WimError && cause.code !== 'ERR_TOKEN_KEY' && cause.code !== 'ERR_TOKEN_FAILED')
      throw cause;
    const why = cause instanceof BaseError ? cause.message : 'unknown';
    throw new WimError('ERR_TOKEN_CANNOT_SIGN', `The token does not sign with its signature key: ${why}`, {
      cause,
    });
  }
}
