import { parseAreaUri } from '../../../api/area/index.ts';
import { keySigner, publicKey, signGrant, thumbprint } from '../../../api/grant/index.ts';
import type { GrantAnswer } from '../../../api/server/index.ts';
import { ServerError } from '../errors.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { mustDevice } from './lookup.ts';
import { policiesInForce, rulesOf } from './rules.ts';

/** How long a grant to delete counts, ms. */
const LIFETIME = 10 * 60_000;

/** An hour of pruning in ten areas needs no more; each one is an entry in the audit log. */
export const DELETIONS = { most: 60, window: 3_600_000 };

/**
 * The right to delete below the device's own place, for pruning (U3): short, and asked for each time, so that an append
 * grant that leaks destroys nothing. With it comes what policy wants to be kept.
 *
 * @throws ServerError `ERR_NOT_AUTHORISED` when the device is not active or no policy names the area;
 * `ERR_TOO_MANY_ATTEMPTS`
 */
export function grantDeletion(ctx: Context, deviceId: string, area: string): Promise<GrantAnswer> {
  return ctx.serial(`device:${deviceId}`, async () => {
    const device = await mustDevice(ctx.db, deviceId);
    if (device.state !== 'active')
      throw new ServerError('ERR_NOT_AUTHORISED', `the device ${deviceId} is ${device.state}`);
    const { rules } = await rulesOf(ctx.db, device, await policiesInForce(ctx));
    const asked = placeOf(area);
    if (!rules.destinations.some((destination) => placeOf(destination.area) === asked))
      throw new ServerError(
        'ERR_NOT_AUTHORISED',
        `no policy names the area ${area} as a destination of the device ${deviceId}`,
      );
    if (ctx.deletions.take(device.id, ctx.clock()) === undefined)
      throw new ServerError(
        'ERR_TOO_MANY_ATTEMPTS',
        `the device ${deviceId} asked for the right to delete ${DELETIONS.most} times within an hour; wait a while`,
      );
    const { identityKey } = ctx.identity;
    const { d: _, ...publicIdentity } = identityKey;
    const issuedAt = ctx.clock();
    const grant = await signGrant(keySigner(identityKey), {
      issuer: await thumbprint(publicKey(publicIdentity)),
      device: publicKey(JSON.parse(device.signing_key)),
      area: parseAreaUri(area).area,
      prefix: `${device.user_id}/${device.id}/`,
      rights: ['delete'],
      issuedAt,
      expiresAt: issuedAt + LIFETIME,
    });
    await ctx.db.transaction().execute((tx) =>
      record(ctx, tx, {
        actor: `device:${device.id}`,
        action: 'grant.delete',
        subject: device.id,
        detail: { area, until: issuedAt + LIFETIME },
      }),
    );
    const { keep } = rules.retention;
    return { grant, ...(keep !== undefined && { keep }) };
  });
}

/** An area is the same with and without a user's place behind it (N8). */
export function placeOf(uri: string): string {
  const { base, area } = parseAreaUri(uri);
  return `${base}/areas/${area}`;
}
