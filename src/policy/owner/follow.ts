/** Which owner record counts: the newest that an own way in signed, or that such records lead to (U2, N10). */
import type { Platform } from '../../platform/index.ts';
import { OwnerError } from './errors.ts';
import { keyThumbprint, type SignatureKey } from './keys.ts';
import { type OpenedOwnerRecord, openOwnerRecord } from './open.ts';
import type { PublicWay } from './record.ts';

/** What a terminal begins with. */
export type OwnerAnchor =
  /** The record that it trusted last. */
  | { readonly kind: 'record'; readonly bytes: Uint8Array }
  /** A way in of the user's, held in the hand. */
  | { readonly kind: 'way'; readonly signature: SignatureKey };

/** A record that counts, with its bytes. */
export interface TrustedOwnerRecord extends OpenedOwnerRecord {
  readonly bytes: Uint8Array;
}

/**
 * The newest record that counts, of those that a storage shows. Version N + 1 counts when a way in of version N has
 * signed it, and each way in that is new in it too. What lies before the anchor is not looked at: with it, the anchor
 * would not get any stronger.
 *
 * @param shown by version; there may be more, older or newer ones than are needed
 * @throws OwnerError
 */
export async function followOwnerRecords(
  platform: Platform,
  shown: ReadonlyMap<number, Uint8Array>,
  anchor: OwnerAnchor,
): Promise<TrustedOwnerRecord> {
  let trusted = await begin(platform, shown, anchor);
  const newest = Math.max(0, ...shown.keys());
  while (trusted.record.version < newest) {
    const version = trusted.record.version + 1;
    const bytes = shown.get(version);
    if (!bytes)
      throw new OwnerError(
        'ERR_OWNER_ROLLBACK',
        `Owner record ${version} is missing, and ${newest} is there.`,
      );
    const next = opened(platform, bytes, version);
    await checkSuccession(trusted, next);
    trusted = next;
  }
  return trusted;
}

async function begin(
  platform: Platform,
  shown: ReadonlyMap<number, Uint8Array>,
  anchor: OwnerAnchor,
): Promise<TrustedOwnerRecord> {
  if (anchor.kind === 'way') return signedByWay(platform, shown, anchor.signature);
  const known = opened(platform, anchor.bytes);
  const { version } = known.record;
  const same = shown.get(version);
  if (same && opened(platform, same, version).hash !== known.hash)
    throw new OwnerError(
      'ERR_OWNER_FORKED',
      `Owner record ${version} is not the one that this device knows.`,
    );
  if (!same && shown.size > 0)
    throw new OwnerError(
      'ERR_OWNER_ROLLBACK',
      `Owner record ${version}, which this device knows, is not there: what is shown is older, or not all.`,
    );
  return known;
}

/** The newest that this way in has signed, and is listed in. */
async function signedByWay(
  platform: Platform,
  shown: ReadonlyMap<number, Uint8Array>,
  signature: SignatureKey,
): Promise<TrustedOwnerRecord> {
  const own = await keyThumbprint(signature);
  for (const version of [...shown.keys()].sort((a, b) => b - a)) {
    const one = opened(platform, shown.get(version)!, version);
    if (!(await thumbprints(one.record.ways)).has(own)) continue;
    if (await one.signedBy(signature)) return one;
  }
  throw new OwnerError('ERR_OWNER_UNKNOWN', 'None of the owner records there was signed by this way in.');
}

function opened(platform: Platform, bytes: Uint8Array, version?: number): TrustedOwnerRecord {
  const one = openOwnerRecord(platform, bytes);
  if (version !== undefined && one.record.version !== version)
    throw new OwnerError('ERR_OWNER_MALFORMED', `Owner record ${version} says it is ${one.record.version}.`);
  return { ...one, bytes };
}

async function checkSuccession(before: OpenedOwnerRecord, next: OpenedOwnerRecord): Promise<void> {
  const { version, user, prev, ways } = next.record;
  if (user !== before.record.user || prev !== before.hash)
    throw new OwnerError('ERR_OWNER_FORKED', `Owner record ${version} does not follow the one before it.`);
  const known = await thumbprints(before.record.ways);
  let vouched = false;
  for (const way of before.record.ways) vouched = (await next.signedBy(way.signature)) || vouched;
  if (!vouched)
    throw new OwnerError(
      'ERR_OWNER_SIGNER',
      `Owner record ${version} is not signed by a way in of the one before.`,
    );
  for (const way of ways) {
    if (known.has(await keyThumbprint(way.signature)) || (await next.signedBy(way.signature))) continue;
    throw new OwnerError(
      'ERR_OWNER_SIGNER',
      `Owner record ${version} adds the way in "${way.name}", which has not signed it.`,
    );
  }
}

const thumbprints = async (ways: readonly PublicWay[]): Promise<ReadonlySet<string>> =>
  new Set(await Promise.all(ways.map(({ signature }) => keyThumbprint(signature))));
