/** Finding an owner with nothing but a way in: the records in a storage area (N10). */

import type { SigningIdentity } from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';
import { nodePlatform } from '../../../platform/node.ts';
import { ed25519Public, generateSigningKey, newId } from '../../../policy/message/index.ts';
import { followOwnerRecords, type TrustedOwnerRecord } from '../../../policy/owner/index.ts';
import type { OperationContext } from '../context.ts';
import { openArea, userIn } from './area.ts';
import { readGrant } from './grants.ts';
import { shownRecords } from './records.ts';
import { signatureKeyOf } from './way.ts';

export interface FoundOwner {
  readonly user: string;
  readonly trusted: TrustedOwnerRecord;
  /** All records that the area shows, up to the trusted one. */
  readonly records: ReadonlyMap<number, Uint8Array>;
  /** Grant to read, for an hour. */
  readonly read: string;
}

/** Keys for as long as a command runs: a terminal that is nobody's device. */
export const passingKeys = async (): Promise<SigningIdentity> => ({
  device: newId(nodePlatform),
  signingKey: await generateSigningKey(),
});

/** @throws OwnerError, DestinationError; DeviceError `ERR_USAGE` for a URI without a place */
export async function findOwner(
  context: OperationContext,
  keys: SigningIdentity,
  uri: string,
  way: WayIn,
): Promise<FoundOwner> {
  const user = userIn(uri);
  const grantee = { user, device: keys.device, jwk: ed25519Public(keys.signingKey) };
  const read = await readGrant(way, grantee, uri, context.clock());
  const area = openArea(context, keys, { uri, user, grants: { read } });
  try {
    const shown = await shownRecords(area);
    const trusted = await followOwnerRecords(nodePlatform, shown, {
      kind: 'way',
      signature: signatureKeyOf(way),
    });
    const records = new Map([...shown].filter(([version]) => version <= trusted.record.version));
    return { user, trusted, records, read };
  } finally {
    await area.close();
  }
}
