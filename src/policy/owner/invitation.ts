/** Invitation: what the sender of a share gives to whom they share with: where it lies, and access to it (N11). */
import { decodeProtectedHeader } from 'jose/decode/protected_header';
import { compactVerify } from 'jose/jws/compact/verify';
import { importJWK } from 'jose/key/import';
import { fromBase64Url, utf8 } from '../../lib/bytes.ts';
import { asId, asInteger, asObject, asText, parseJson } from '../../lib/shape.ts';
import type { Platform } from '../../platform/index.ts';
import { personName } from './card.ts';
import { OwnerError } from './errors.ts';
import type { TrustedOwnerRecord } from './follow.ts';
import { algorithms, keyThumbprint } from './keys.ts';
import { MAX_CARD, newestOfPerson, parseRecords, recordTexts } from './person.ts';
import type { WaySigner } from './sign.ts';

export const INVITATION_TYP = 'holdfast-invitation+jws';

export interface Invitation {
  /** As the sender calls themselves. */
  readonly name: string;
  /** The sender's owner records, oldest first. */
  readonly records: readonly Uint8Array[];
  /** URI of the storage area, without a place. */
  readonly area: string;
  /** The sender's device, whose chain it is. */
  readonly device: string;
  readonly chain: string;
  /** Id of the device that may read. */
  readonly to: string;
  /** Grants: compact JWTs, to read the chain, and the sender's owner records. */
  readonly read: string;
  readonly owner: string;
  /** Until when the grants count, Unix ms. */
  readonly expires: number;
}

/** Signed by one of the sender's ways in. */
export async function signInvitation(invitation: Invitation, sign: WaySigner): Promise<string> {
  const records = recordTexts(invitation.records);
  const jws = await sign(INVITATION_TYP, utf8(JSON.stringify({ v: 1, ...invitation, records })));
  return `${jws}\n`;
}

export interface OpenedInvitation {
  readonly invitation: Invitation;
  /** The sender's newest record that is known by now. */
  readonly sender: TrustedOwnerRecord;
}

/**
 * Whose it is only the fingerprint of `sender` says, unless the sender was known.
 * @param known by id of a user: the newest record that is known of them
 * @throws OwnerError
 */
export async function openInvitation(
  platform: Platform,
  text: string,
  known: (user: string) => Uint8Array | undefined,
): Promise<OpenedInvitation> {
  const jws = text.trim();
  const invitation = claimed(jws);
  const first = await newestOfPerson(platform, invitation.records);
  const before = known(first.record.user);
  const sender = before ? await newestOfPerson(platform, invitation.records, before) : first;
  await verify(jws, sender);
  if (!sender.record.devices.some(({ id }) => id === invitation.device))
    throw new OwnerError('ERR_INVITATION', "The invitation names a device that is not its sender's.");
  return { invitation, sender };
}

/** What it says; nothing of it is verified yet. */
function claimed(jws: string): Invitation {
  try {
    if (jws.length > MAX_CARD) throw new RangeError(`longer than ${MAX_CARD} characters`);
    const parts = jws.split('.');
    if (parts.length !== 3) throw new RangeError('not a compact JWS');
    const value = asObject(parseJson(fromBase64Url(parts[1]!), 'an invitation'), 'an invitation');
    if (value.v !== 1) throw new RangeError('another version');
    return {
      name: personName(value.name),
      records: parseRecords(value.records),
      area: asText(value.area, 'area', 4096),
      device: asId(value.device, 'device'),
      chain: asId(value.chain, 'chain'),
      to: asId(value.to, 'to'),
      read: asText(value.read, 'read', 16_384),
      owner: asText(value.owner, 'owner', 16_384),
      expires: asInteger(value.expires, 'expires'),
    };
  } catch (cause) {
    throw new OwnerError('ERR_INVITATION', 'This is not an invitation, as "share create" makes them.', {
      cause,
    });
  }
}

async function verify(jws: string, { record }: TrustedOwnerRecord): Promise<void> {
  try {
    const { typ, kid, ...rest } = decodeProtectedHeader(jws);
    if (typ !== INVITATION_TYP || Object.keys(rest).join() !== 'alg') throw new RangeError('another header');
    for (const { signature } of record.ways) {
      if ((await keyThumbprint(signature)) !== kid) continue;
      const algorithm = algorithms[signature.kty];
      await compactVerify(jws, await importJWK({ ...signature }, algorithm), { algorithms: [algorithm] });
      return;
    }
    throw new RangeError('signed by no way in of the sender');
  } catch (cause) {
    throw new OwnerError('ERR_INVITATION', 'The invitation was altered, or is signed by somebody else.', {
      cause,
    });
  }
}
