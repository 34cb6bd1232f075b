/** Who may read whose share (N11): asked for each time, so that what has ended, or is not allowed any more, is over soon. */
import { parseAreaUri } from '../../../api/area/index.ts';
import { keySigner, publicKey, signGrant, thumbprint } from '../../../api/grant/index.ts';
import type {
  OfferedShares,
  RegisteredShare,
  RegisterShare,
  ShareAccess,
} from '../../../api/server/index.ts';
import { ruleFor } from '../../../policy/evaluate/index.ts';
import type { Ed25519Public } from '../../../policy/message/index.ts';
import type { DeviceRules } from '../../../policy/rules/index.ts';
import { ServerError } from '../errors.ts';
import { countShares, putShare, type ShareRow, shareOf, sharesWith, userById } from '../store/index.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { placeOf } from './deletion.ts';
import { sharing } from './directory.ts';
import { signingKeyOf } from './lookup.ts';

/** What a device that can ask again gets, ms. */
const HOUR = 3_600_000;
/** A stranger's device cannot: its access is renewed by the next invitation. */
const MONTH = 30 * 24 * HOUR;
const MOST = 1000;

/** What one device may register, end and reach: each of it makes the server sign and write. */
export const SHARES = { most: 600, window: HOUR };

type Content = RegisterShare['content'];

/**
 * A device shares something, or does so again. A stranger's device gets access with it.
 * @throws ServerError `ERR_NOT_AUTHORISED`, `ERR_REFUSED`, `ERR_NOT_FOUND`, `ERR_CONFLICT`, `ERR_TOO_MANY_ATTEMPTS`
 */
export function registerShare(ctx: Context, deviceId: string, wish: RegisterShare): Promise<RegisteredShare> {
  return ctx.serial(`device:${deviceId}`, async () => {
    const { device, rules } = await sharing(ctx, deviceId);
    take(ctx, deviceId);
    const { chain, area, content, to } = wish;
    requireAllowed(rules, content, 'sent');
    if (!rules.destinations.some((one) => placeOf(one.area) === placeOf(area)))
      throw new ServerError(
        'ERR_NOT_AUTHORISED',
        `no policy names the area ${area} as a destination of the device ${deviceId}`,
      );
    const known = await shareOf(ctx.db, deviceId, chain);
    const [toUser, toKey] = 'user' in to ? [to.user, null] : [null, keyText(to.key)];
    if (known && (known.ended !== null || known.to_user !== toUser))
      throw new ServerError('ERR_CONFLICT', `the share ${chain} has ended, or is for somebody else`);
    if (!known && (await countShares(ctx.db, deviceId)) >= MOST)
      throw new ServerError('ERR_CONFLICT', `the device ${deviceId} shares ${MOST} times already; end some`);
    if (toUser !== null) {
      const user = await userById(ctx.db, toUser);
      if (user === undefined || user.removed !== null || toUser === device.user_id)
        throw new ServerError('ERR_NOT_FOUND', `there is no other user ${toUser}`);
    }
    const row: ShareRow = {
      ...{ device_id: deviceId, chain, user_id: device.user_id, to_user: toUser, to_key: toKey },
      ...{ area, content: JSON.stringify(content), created: known?.created ?? ctx.clock(), ended: null },
    };
    const access = toKey === null ? undefined : await accessTo(ctx, row, JSON.parse(toKey), MONTH);
    await ctx.db.transaction().execute(async (tx) => {
      await putShare(tx, row);
      const reader = toUser ?? (await thumbprint(publicKey(JSON.parse(toKey!))));
      const databases = [...new Set(content.map(({ database }) => database))];
      await record(ctx, tx, {
        ...{ actor: `device:${deviceId}`, action: known ? 'share.renew' : 'share.create', subject: chain },
        detail: {
          ...{ area, databases, outside: toUser === null, to: reader },
          ...(access && { until: access.expires }),
        },
      });
    });
    return access ? { access } : {};
  });
}

/** What others share with the user of a device. @throws ServerError as {@link sharing} */
export async function offeredShares(ctx: Context, deviceId: string): Promise<OfferedShares> {
  const { device } = await sharing(ctx, deviceId);
  const rows = await sharesWith(ctx.db, device.user_id);
  return {
    shares: rows.map(({ chain, device_id, area, user_id, name, created }) => ({
      ...{ chain, device: device_id, area, created },
      from: { user: user_id, name },
    })),
  };
}

/**
 * A device of whom a share is for may read it, for an hour, as long as the rules of both sides allow it.
 * @throws ServerError `ERR_NOT_AUTHORISED`, `ERR_REFUSED`, `ERR_TOO_MANY_ATTEMPTS`
 */
export function accessShare(
  ctx: Context,
  deviceId: string,
  { device: from, chain }: { readonly device: string; readonly chain: string },
): Promise<ShareAccess> {
  return ctx.serial(`device:${deviceId}`, async () => {
    const { device, rules } = await sharing(ctx, deviceId);
    take(ctx, deviceId);
    const share = await shareOf(ctx.db, from, chain);
    // Whoever it is not for does not learn whether it is there.
    if (share === undefined || share.to_user !== device.user_id)
      throw new ServerError('ERR_NOT_AUTHORISED', `nothing is shared with this user as ${chain}`);
    if (share.ended !== null) throw new ServerError('ERR_REFUSED', `the sender has ended the share ${chain}`);
    const content = JSON.parse(share.content) as Content;
    const sender = await sharing(ctx, from);
    requireAllowed(sender.rules, content, 'sent');
    if (content.every((one) => denied(rules, one))) requireAllowed(rules, content, 'received');
    return accessTo(ctx, share, signingKeyOf(device), HOUR);
  });
}

/** Nobody gets access any more. Again: nothing happens. @throws ServerError `ERR_TOO_MANY_ATTEMPTS` */
export function endShareOf(ctx: Context, deviceId: string, chain: string): Promise<void> {
  return ctx.serial(`device:${deviceId}`, async () => {
    take(ctx, deviceId);
    const share = await shareOf(ctx.db, deviceId, chain);
    if (share === undefined || share.ended !== null) return;
    await ctx.db.transaction().execute(async (tx) => {
      await putShare(tx, { ...share, ended: ctx.clock() });
      await record(ctx, tx, { actor: `device:${deviceId}`, action: 'share.end', subject: chain });
    });
  });
}

async function accessTo(
  ctx: Context,
  share: ShareRow,
  reader: Ed25519Public,
  lifetime: number,
): Promise<ShareAccess> {
  const sign = keySigner(ctx.identity.identityKey);
  const { d: _, ...identityKey } = ctx.identity.identityKey;
  const issuedAt = ctx.clock();
  const expires = issuedAt + lifetime;
  const common = {
    ...{ issuer: await thumbprint(publicKey(identityKey)), issuedAt, expiresAt: expires },
    ...{ device: publicKey(reader), area: parseAreaUri(share.area).area, rights: ['read'] as const },
  };
  const grant = (prefix: string): Promise<string> => signGrant(sign, { ...common, prefix });
  return {
    read: await grant(`${share.user_id}/${share.device_id}/${share.chain}/`),
    owner: await grant(`${share.user_id}/o/`),
    expires,
  };
}

const denied = (rules: DeviceRules, { database, class: itemClass }: Content[number]): string | undefined => {
  const { backup, share } = ruleFor(rules, database, itemClass);
  return [backup, share].find(({ value }) => value === 'deny')?.policy;
};

function requireAllowed(rules: DeviceRules, content: Content, what: 'sent' | 'received'): void {
  for (const one of content) {
    const policy = denied(rules, one);
    if (policy === undefined) continue;
    const who = policy === 'default' ? 'no policy allows' : `policy ${policy} does not allow`;
    throw new ServerError(
      'ERR_REFUSED',
      `"${one.database}" (${one.class}) cannot be ${what}: ${who} to share it`,
    );
  }
}

function take(ctx: Context, deviceId: string): void {
  if (ctx.shares.take(deviceId, ctx.clock()) !== undefined) return;
  throw new ServerError(
    'ERR_TOO_MANY_ATTEMPTS',
    `the device ${deviceId} asked about shares ${SHARES.most} times within an hour; wait a while`,
  );
}

const keyText = ({ kty, crv, x }: Ed25519Public): string => JSON.stringify({ kty, crv, x });
