/** An invitation, by a way in of the sender's: access to the chain of a share, and to nothing else that could be opened. */
import { parseAreaUri } from '../../../../api/area/index.ts';
import { publicKey, signGrant } from '../../../../api/grant/index.ts';
import type { ShareAccess } from '../../../../api/server/index.ts';
import type { WayIn } from '../../../../custody/wim/index.ts';
import { nodePlatform } from '../../../../platform/node.ts';
import { openOwnerRecord, personFingerprint, signInvitation } from '../../../../policy/owner/index.ts';
import { DeviceError } from '../../errors.ts';
import { type OwnerSession, signatureKeyOf, signerOf } from '../../owner/index.ts';
import { type Given, type Person, recordOf } from './book.ts';

/** How long an invitation gives access; renewed by the next one. */
const ACCESS = 90 * 24 * 3_600_000;

export interface MadeInvitation {
  readonly text: string;
  readonly fingerprint: string;
  readonly expires: number;
}

/**
 * @param access as a company's server gives it: areas of a company do not trust its people's keys
 * @throws DeviceError `ERR_USAGE`, `ERR_NOT_YOURS`
 */
export async function invite(
  { memory, keys, clock }: OwnerSession,
  way: WayIn,
  share: Given & { readonly device: string },
  person: Person,
  access?: ShareAccess,
): Promise<MadeInvitation> {
  const known = memory.known()!;
  const { user, ways } = known.record;
  const own = JSON.stringify(signatureKeyOf(way));
  if (!ways.some(({ signature }) => JSON.stringify(signature) === own))
    throw new DeviceError('ERR_USAGE', `"${way.public.name}" is none of your ways in`);
  const device = readerOf(person, share.device);
  const now = clock();
  const expires = access?.expires ?? now + ACCESS;
  const grant = (prefix: string): Promise<string> =>
    signGrant(signerOf(way), {
      issuer: way.public.signature.thumbprint,
      device: publicKey(device),
      area: parseAreaUri(share.area).area,
      prefix,
      rights: ['read'],
      issuedAt: now,
      expiresAt: expires,
    });
  const text = await signInvitation(
    {
      name: share.sender,
      records: [...memory.records().values()],
      area: share.area,
      device: keys.device,
      chain: share.chain,
      to: share.device,
      read: access?.read ?? (await grant(`${user}/${keys.device}/${share.chain}/`)),
      owner: access?.owner ?? (await grant(`${user}/o/`)),
      expires,
    },
    signerOf(way),
  );
  return { text, fingerprint: personFingerprint(nodePlatform, known), expires };
}

/** The key of the device that may read. */
export function readerOf(person: Person, device: string): Readonly<JsonWebKey> {
  const { devices } = openOwnerRecord(nodePlatform, recordOf(person)).record;
  const found = devices.find(({ id }) => id === device);
  if (found?.state === 'active') return { ...found.jwk };
  throw new DeviceError(
    'ERR_NOT_YOURS',
    `device ${device} is none of "${person.name}" in use; ask them for a new card from one that is`,
  );
}
