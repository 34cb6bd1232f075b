import { createHash } from 'node:crypto';
import { concat, fromHex } from '../../../lib/bytes.ts';
import type { Decrypted, PrivateOperations } from '../way-in.ts';
import type { TokenKey } from './keys.ts';
import type { KeyUse, OperationName } from './module/index.ts';
import { type AskPin, pinFor, type TokenSession } from './place.ts';

/** Of SHA-256, before the hash in a DigestInfo (RFC 8017 §9.2, note 1). */
const DIGEST_INFO = fromHex('3031300d060960864801650304020105000420');

export interface LoggedIn {
  readonly session: TokenSession;
  readonly decipher: TokenKey;
  readonly signature: TokenKey;
}

/** The operations of a token; `reach` gives the session, and logs in again after the token was away. */
export function tokenOperations(
  reach: () => Promise<LoggedIn>,
  askPin: AskPin,
  close: () => Promise<void>,
): PrivateOperations {
  async function use(
    op: OperationName & ('agree' | 'decrypt' | 'sign'),
    role: 'decipher' | 'signature',
    bytes: (key: TokenKey) => Uint8Array,
  ) {
    const { session, [role]: key } = await reach();
    const always = key.privateKey?.alwaysAuthenticate;
    const ask: KeyUse = {
      id: key.id,
      kind: key.part.jwk.kty === 'EC' ? 'ec' : 'rsa',
      bytes: bytes(key),
      pin: always ? await pinFor(session.token, 'signature', askPin) : undefined,
    };
    return session.connection.ask(op, ask);
  }
  return {
    agree: async (point) => fixed(await use('agree', 'decipher', () => point), 32),
    decrypt: async (ciphertext) => (await use('decrypt', 'decipher', () => ciphertext)) as Decrypted,
    async sign(bytes) {
      const hash = new Uint8Array(createHash('sha256').update(bytes).digest());
      const input = ({ part }: TokenKey) => (part.jwk.kty === 'EC' ? hash : concat(DIGEST_INFO, hash));
      return (await use('sign', 'signature', input)) as Uint8Array;
    },
    close,
  };
}

/** A token may leave out zeros in front. */
function fixed(value: unknown, length: number): Uint8Array {
  const bytes = value as Uint8Array;
  const result = new Uint8Array(length);
  result.set(bytes.subarray(-length), length - Math.min(length, bytes.length));
  return result;
}
