/** The directory of people: which owner record is whose, by the word of this server (N11). */
import type { PersonAnswer, PersonQuestionBody } from '../../../api/server/index.ts';
import { fromBase64Url } from '../../../lib/bytes.ts';
import { BaseError } from '../../../lib/errors.ts';
import { allowsSharing } from '../../../policy/evaluate/index.ts';
import { composePersonEntry } from '../../../policy/message/index.ts';
import { newestOfPerson, OwnerError, type TrustedOwnerRecord } from '../../../policy/owner/index.ts';
import type { DeviceRules } from '../../../policy/rules/index.ts';
import { ServerError } from '../errors.ts';
import {
  type DeviceRow,
  type PersonRow,
  peopleNames,
  personOf,
  putPerson,
  userByName,
} from '../store/index.ts';
import { recordOfDevice } from './audit.ts';
import type { Context } from './context.ts';
import { mustDevice, signingKeyOf } from './lookup.ts';
import { policiesInForce, rulesOf } from './rules.ts';

/**
 * Takes in what a device says of its user's own keys: records that follow from those that are known, and list the device.
 * What the user's keys have not signed nobody could put in their place, this server neither.
 *
 * @throws ServerError `ERR_NOT_AUTHORISED`, `ERR_REFUSED`, `ERR_INVALID_REQUEST`, `ERR_CONFLICT`
 */
export async function tellPerson(ctx: Context, deviceId: string, records: readonly string[]): Promise<void> {
  const { device } = await sharing(ctx, deviceId);
  const user = device.user_id;
  await ctx.serial(`person:${user}`, async () => {
    const known = await personOf(ctx.db, user);
    const newest = await newestOf(ctx, device, records, known);
    const { version } = newest.record;
    if (known && version <= known.version) return;
    await ctx.db.transaction().execute(async (tx) => {
      await putPerson(tx, {
        ...{ user_id: user, version, hash: newest.hash, records: JSON.stringify(records) },
        received: ctx.clock(),
      });
      const detail = { version, record: newest.hash };
      await recordOfDevice(ctx, tx, device.id, { action: 'person.keys', subject: user, detail });
    });
  });
}

/** Names of the users that have keys of their own here. @throws ServerError as {@link sharing} */
export async function people(ctx: Context, deviceId: string): Promise<{ people: { name: string }[] }> {
  await sharing(ctx, deviceId);
  return { people: (await peopleNames(ctx.db)).map((name) => ({ name })) };
}

/** @throws ServerError `ERR_NOT_FOUND`, and as {@link sharing} */
export async function personEntry(
  ctx: Context,
  deviceId: string,
  { name, nonce }: PersonQuestionBody,
): Promise<PersonAnswer> {
  const { device } = await sharing(ctx, deviceId);
  const user = await userByName(ctx.db, name);
  if (user === undefined) throw new ServerError('ERR_NOT_FOUND', `there is no user ${name}`);
  const person = await personOf(ctx.db, user.id);
  if (person === undefined)
    throw new ServerError(
      'ERR_NOT_FOUND',
      `${name} has no keys of their own on a device of this server yet; ask them to run: holdfast wim use --wim FILE`,
    );
  const question = { server: ctx.identity.id, device: device.id, name, nonce };
  const said = { user: user.id, record: person.hash };
  return {
    entry: await composePersonEntry(ctx.identity.identityKey, question, said, ctx.clock()),
    records: JSON.parse(person.records) as string[],
  };
}

/**
 * A device that may share something, by the rules of now, with these rules.
 * @throws ServerError `ERR_NOT_AUTHORISED`, `ERR_REFUSED`
 */
export async function sharing(
  ctx: Context,
  deviceId: string,
): Promise<{ device: DeviceRow; rules: DeviceRules }> {
  const device = await mustDevice(ctx.db, deviceId);
  if (device.state !== 'active')
    throw new ServerError('ERR_NOT_AUTHORISED', `the device ${deviceId} is ${device.state}`);
  const { rules } = await rulesOf(ctx.db, device, await policiesInForce(ctx));
  if (!allowsSharing(rules))
    throw new ServerError('ERR_REFUSED', `no policy allows the device ${deviceId} to share anything`);
  return { device, rules };
}

async function newestOf(
  ctx: Context,
  device: DeviceRow,
  records: readonly string[],
  known: PersonRow | undefined,
): Promise<TrustedOwnerRecord> {
  const newestKnown = known && (JSON.parse(known.records) as string[]).at(-1);
  try {
    const bytes = records.map(fromBase64Url);
    const newest = await newestOfPerson(
      ctx.platform,
      bytes,
      newestKnown === undefined ? undefined : fromBase64Url(newestKnown),
    );
    const own = newest.record.devices.find(({ id }) => id === device.id);
    if (newest.record.user !== device.user_id)
      throw new OwnerError('ERR_OWNER_UNKNOWN', 'The owner record is of another user.');
    const listed = own?.state === 'active' && own.jwk.x === signingKeyOf(device).x;
    const isNewer = known === undefined || newest.record.version > known.version;
    if (isNewer && !listed)
      throw new OwnerError('ERR_OWNER_UNKNOWN', 'The owner record does not list the device that sends it.');
    return newest;
  } catch (cause) {
    const why = cause instanceof BaseError || cause instanceof RangeError ? cause.message : 'malformed';
    throw new ServerError(
      'ERR_INVALID_REQUEST',
      `the owner records of ${device.user_id} are refused: ${why}`,
      { cause },
    );
  }
}
