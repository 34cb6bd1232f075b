/** A storage area as an owner reaches it, with grants made for the moment. */
import { parseAreaUri } from '../../../api/area/index.ts';
import { type SigningIdentity, signForEngine } from '../../../custody/index.ts';
import { type AreaDestination, areaDestination, type Grants } from '../../../destinations/area/index.ts';
import type { OperationContext } from '../context.ts';
import { DeviceError } from '../errors.ts';

/** To be closed. */
export const openArea = (
  { clock, signal }: Pick<OperationContext, 'clock' | 'signal'>,
  keys: SigningIdentity,
  at: { readonly uri: string; readonly user: string; readonly grants: Grants },
): AreaDestination =>
  areaDestination({
    uri: at.uri,
    prefix: `${at.user}/`,
    grants: () => at.grants,
    sign: (typ, payload) => signForEngine(keys, typ, payload),
    clock,
    signal,
  });

/** The user's id in the URI of their place (N8). @throws DeviceError `ERR_USAGE` */
export function userIn(uri: string): string {
  const { place } = parseAreaUri(uri);
  const user = place.slice(0, -1);
  if (/^[\w-]{22}$/.test(user)) return user;
  throw new DeviceError(
    'ERR_USAGE',
    `${uri} does not say whose place it is; give the URI that "area list" shows on a device of yours: …/areas/AREA/USER`,
  );
}
