import { randomBytes } from 'node:crypto';
import { toHex } from '../../../lib/bytes.ts';
import { WimError } from '../errors.ts';
import { keyObject } from '../public-key.ts';
import type { WayIn } from '../way-in.ts';
import { type Certificate, makeCertificate } from '../x509/index.ts';
import { adoptKeys, checkName } from './adopt.ts';
import { LABELS } from './choose.ts';
import { type TokenKey, usableKeys } from './keys.ts';
import type { KeyKind } from './module/index.ts';
import { tokenOperations } from './operations.ts';
import { type AskPin, logIn, openSession, type TokenPlace, type TokenSession } from './place.ts';

/**
 * Makes both key pairs on a token, and certificates for them, where it does that by PKCS#11 (cards often do not: see
 * `adoptToken`). What was made goes again when it does not work to the end.
 *
 * @returns the way in, logged in; its public part is to be kept
 * @throws WimError `ERR_WIM_EXISTS` when such keys are there; `ERR_TOKEN_CANNOT_MAKE`; as `adoptToken`
 */
export async function initToken(
  place: TokenPlace,
  name: string,
  askPin: AskPin,
  kind: KeyKind = 'ec',
): Promise<WayIn> {
  checkName(name);
  const session = await openSession(place, true);
  const ids = { decipher: toHex(randomBytes(16)), signature: toHex(randomBytes(16)) };
  try {
    await logIn(session, askPin);
    await refuseSecond(session);
    try {
      for (const use of ['decipher', 'signature'] as const)
        await session.connection.ask('generate', { id: ids[use], label: LABELS[use], kind, use });
      await certify(session, name, ids, askPin);
      return await adoptKeys(session, place, name, askPin, ids);
    } catch (error) {
      for (const id of Object.values(ids)) await session.connection.ask('destroy', { id }).catch(() => {});
      throw error;
    }
  } catch (error) {
    await session.connection.close();
    throw error;
  }
}

async function refuseSecond({ connection, token }: TokenSession): Promise<void> {
  const ours: readonly string[] = Object.values(LABELS);
  const found = (await connection.ask('keys', {})).find(({ label }) => ours.includes(label));
  if (found)
    throw new WimError(
      'ERR_WIM_EXISTS',
      `The token ${token.label} has a key "${found.label}" already; adopt it, or remove it with the tool of the token.`,
    );
}

/** The signature key certifies itself and the decipher key, so that any terminal finds whose they are. */
async function certify(
  session: TokenSession,
  name: string,
  ids: { readonly decipher: string; readonly signature: string },
  askPin: AskPin,
): Promise<void> {
  const keys = await usableKeys(await session.connection.ask('keys', {}));
  const [decipher, signature] = [keyOf(keys, ids.decipher), keyOf(keys, ids.signature)];
  const logged = async () => ({ session, decipher, signature });
  const { sign } = tokenOperations(logged, askPin, async () => {});
  for (const use of ['signature', 'decipher'] as const) {
    const key = use === 'signature' ? signature : decipher;
    const made: Certificate = await makeCertificate({
      subject: `${name} (${use})`,
      issuer: `${name} (signature)`,
      key: keyObject(key.part.jwk),
      issuerKey: keyObject(signature.part.jwk),
      use,
      algorithm: signature.part.jwk.kty === 'EC' ? 'ES256' : 'RS256',
      sign,
      notBefore: new Date(),
    });
    await session.connection.ask('certify', { id: key.id, label: LABELS[use], ...made });
  }
}

function keyOf(keys: readonly TokenKey[], id: string): TokenKey {
  const key = keys.find((one) => one.id === id);
  if (!key)
    throw new WimError(
      'ERR_TOKEN_CANNOT_MAKE',
      'The token does not show the public key of the pair that it made.',
    );
  return key;
}
