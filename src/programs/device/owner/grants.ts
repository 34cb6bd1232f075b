/** Access to storage areas, as a way in gives it: no key that gives access lies on a device. */
import { areaUri, parseAreaUri } from '../../../api/area/index.ts';
import { publicKey, type Right, signGrant } from '../../../api/grant/index.ts';
import type { OwnerGrant } from '../../../custody/index.ts';
import type { WayIn } from '../../../custody/wim/index.ts';

/** Append and read: 400 days, the longest there is; renewed whenever the way in is there. */
const STANDING = 400 * 24 * 3_600_000;
/** On a terminal that has nothing of its own, and for owner records. */
const ONE_HOUR = 3_600_000;
/** The right to delete. */
const MINUTES = 10 * 60_000;

/** Whom a grant is for. */
export interface Grantee {
  /** Id of the user: the first component of all paths. */
  readonly user: string;
  readonly device: string;
  /** Ed25519, public. */
  readonly jwk: Readonly<JsonWebKey>;
}

/** What a device backs up with: it may append below its own place and read below its user's. */
export async function standingGrant(
  way: WayIn,
  grantee: Grantee,
  uri: string,
  now: number,
): Promise<OwnerGrant> {
  const { user, device } = grantee;
  const span = { issuedAt: now, expiresAt: now + STANDING };
  return {
    area: areaUri({ ...parseAreaUri(uri), place: '' }),
    append: await grant(way, grantee, uri, `${user}/${device}/`, ['append'], span),
    read: await grant(way, grantee, uri, `${user}/`, ['read'], span),
    expires: span.expiresAt,
  };
}

/** To read everything of the user's, for an hour. */
export const readGrant = (way: WayIn, grantee: Grantee, uri: string, now: number): Promise<string> =>
  grant(way, grantee, uri, `${grantee.user}/`, ['read'], { issuedAt: now, expiresAt: now + ONE_HOUR });

/** To store owner records, for an hour. */
export const recordGrant = (way: WayIn, grantee: Grantee, uri: string, now: number): Promise<string> =>
  grant(way, grantee, uri, `${grantee.user}/o/`, ['append'], { issuedAt: now, expiresAt: now + ONE_HOUR });

/** To delete below the device's own place, for some minutes. */
export const deleteGrant = (way: WayIn, grantee: Grantee, uri: string, now: number): Promise<string> =>
  grant(way, grantee, uri, `${grantee.user}/${grantee.device}/`, ['delete'], {
    issuedAt: now,
    expiresAt: now + MINUTES,
  });

/** The same below the places of all of the user's devices. */
export const deleteAllGrant = (way: WayIn, grantee: Grantee, uri: string, now: number): Promise<string> =>
  grant(way, grantee, uri, `${grantee.user}/`, ['delete'], { issuedAt: now, expiresAt: now + MINUTES });

function grant(
  way: WayIn,
  { jwk }: Grantee,
  uri: string,
  prefix: string,
  rights: readonly Right[],
  span: { readonly issuedAt: number; readonly expiresAt: number },
): Promise<string> {
  const { area } = parseAreaUri(uri);
  const issuer = way.public.signature.thumbprint;
  return signGrant((typ, payload) => way.sign(payload, typ), {
    ...{ issuer, device: publicKey(jwk), area, prefix, rights },
    ...span,
  });
}
