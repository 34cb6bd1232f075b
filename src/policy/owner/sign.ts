import { utf8 } from '../../lib/bytes.ts';
import { OwnerError } from './errors.ts';
import { OWNER_TYP } from './open.ts';
import type { OwnerRecord } from './record.ts';

/** Signs as compact JWS with exactly `alg`, `typ` and `kid`; a token does, asking its holder. */
export type WaySigner = (typ: string, payload: Uint8Array) => Promise<string>;

/**
 * A record as it is stored: the compact JWS of each signer, a line each. Needed are one way in of the version before, and
 * each that is new in this one: so that whoever holds any of them can begin here.
 *
 * ```ts
 * const bytes = await signOwnerRecord({ v: 1, user, version: 1, time, ways, devices, heads: [] }, [token, phrase]);
 * ```
 */
export async function signOwnerRecord(
  record: OwnerRecord,
  signers: readonly WaySigner[],
): Promise<Uint8Array> {
  if (signers.length === 0)
    throw new OwnerError('ERR_OWNER_SIGNER', 'An owner record needs a way in that signs it.');
  const payload = utf8(JSON.stringify(record));
  const lines: string[] = [];
  for (const sign of signers) lines.push(await sign(OWNER_TYP, payload)); // one after the other: each may ask for a PIN
  return utf8(lines.join('\n'));
}
