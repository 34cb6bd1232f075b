/** An owner record from its bytes: its payload, and who signed it. */
import { decodeProtectedHeader } from 'jose/decode/protected_header';
import { compactVerify } from 'jose/jws/compact/verify';
import { importJWK } from 'jose/key/import';
import { equalBytes, fromBase64Url, fromUtf8Strict, toBase64Url } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';
import { OwnerError } from './errors.ts';
import { algorithms, keyThumbprint, type SignatureKey } from './keys.ts';
import { type OwnerRecord, parseOwnerRecord } from './record.ts';

export const OWNER_TYP = 'holdfast-owner+jws';

/** Bytes of an owner record, at most: all its signatures repeat its payload. */
export const MAX_OWNER_RECORD = 4 * 1024 * 1024;
const MOST_SIGNATURES = 16;

/** What a record says; nothing of it is believed before its signatures are checked: `signedBy`. */
export interface OpenedOwnerRecord {
  readonly record: OwnerRecord;
  /** SHA-256 of its bytes, base64url. */
  readonly hash: string;
  /** Whether one of its signatures is by this key. @throws OwnerError `ERR_OWNER_SIGNER` when that one is false */
  signedBy(key: SignatureKey): Promise<boolean>;
}

/** @throws OwnerError `ERR_OWNER_MALFORMED` */
export function openOwnerRecord(platform: Platform, bytes: Uint8Array): OpenedOwnerRecord {
  try {
    if (bytes.length > MAX_OWNER_RECORD) throw new RangeError(`longer than ${MAX_OWNER_RECORD} bytes`);
    const lines = fromUtf8Strict(bytes).split('\n');
    if (lines.length > MOST_SIGNATURES) throw new RangeError(`more than ${MOST_SIGNATURES} signatures`);
    const payload = payloadOf(lines[0]!);
    const signatures = new Map(lines.map((jws) => [kidOf(jws), jws]));
    if (signatures.size !== lines.length) throw new RangeError('two signatures by one key');
    for (const jws of lines)
      if (!equalBytes(payloadOf(jws), payload)) throw new RangeError('signatures of different payloads');
    return {
      record: parseOwnerRecord(payload),
      hash: toBase64Url(platform.sha256(bytes)),
      async signedBy(key) {
        const jws = signatures.get(await keyThumbprint(key));
        if (jws !== undefined) await verify(jws, key);
        return jws !== undefined;
      },
    };
  } catch (cause) {
    throw new OwnerError('ERR_OWNER_MALFORMED', 'This is not an owner record.', { cause });
  }
}

function payloadOf(jws: string): Uint8Array {
  const parts = jws.split('.');
  if (parts.length !== 3) throw new RangeError('not a compact JWS');
  return fromBase64Url(parts[1]!);
}

/** Exactly `alg`, `typ` and `kid`. */
function kidOf(jws: string): string {
  const { typ, kid, ...rest } = decodeProtectedHeader(jws);
  if (typ !== OWNER_TYP || typeof kid !== 'string' || Object.keys(rest).join() !== 'alg')
    throw new RangeError('another header');
  return kid;
}

async function verify(jws: string, key: SignatureKey): Promise<void> {
  const algorithm = algorithms[key.kty];
  try {
    await compactVerify(jws, await importJWK({ ...key }, algorithm), { algorithms: [algorithm] });
  } catch (cause) {
    throw new OwnerError('ERR_OWNER_SIGNER', 'A signature of the owner record does not verify.', { cause });
  }
}
