import type { MessageBody } from '../../../api/server/index.ts';
import { fromUtf8, toBase64Url, utf8 } from '../../../lib/bytes.ts';
import { resolve } from '../../../policy/evaluate/index.ts';
import {
  type ComposedMessage,
  derivePolicyKey,
  nextSection,
  type Section,
  type SectionName,
  type SectionValues,
  sealMessage,
  sectionNames,
  signMessage,
} from '../../../policy/message/index.ts';
import type { DeviceRules } from '../../../policy/rules/index.ts';
import { ServerError } from '../errors.ts';
import type { Place } from '../keys/index.ts';
import {
  commandsOf,
  type DeviceRow,
  type MessageRow,
  messageOf,
  openCommands,
  putMessage,
  putSection,
  type SectionRow,
  sectionsOf,
} from '../store/index.ts';
import type { Context } from './context.ts';
import { grantsFor } from './grants.ts';
import { mustDevice, signingKeyOf } from './lookup.ts';
import { keysFor } from './policy-keys.ts';
import { policiesInForce, rulesOf } from './rules.ts';
import type { Newest } from './streams.ts';
import { trustOf } from './trust.ts';

/**
 * The policy message that a device is to have now, sealed to its newest message key; undefined when it has it
 * (`after` is what it accepted last). Composed when what it would say has changed, when it is to be sent again,
 * and when it has expired; until then the same one is sent (B2, B3).
 */
export async function currentMessage(
  ctx: Context,
  deviceId: string,
  after: number,
): Promise<MessageBody | undefined> {
  const found = await messageAfter(ctx, deviceId, after);
  if (found === undefined) return undefined;
  const { seq, jws = fromUtf8(ctx.sealer.open(messagePlace(deviceId), found.row.sealed)) } = found;
  return { seq, message: await sealMessage(jws, JSON.parse(found.device.message_key)) };
}

/** What there is for a device that connects; nothing is composed. */
export function newestMessage(ctx: Context, deviceId: string): Promise<Newest> {
  return ctx.serial(`device:${deviceId}`, async () => {
    const device = await mustServe(ctx, deviceId);
    const row = await messageOf(ctx.db, deviceId);
    if (row === undefined) return { seq: 0, current: false };
    const current = isFresh(ctx, row) && row.digest === digestOf(ctx, await contentOf(ctx, device));
    return { seq: row.seq, current };
  });
}

const isFresh = (ctx: Context, { refresh_at, expires }: MessageRow): boolean =>
  ctx.clock() < Math.min(refresh_at, expires);

interface Found {
  readonly device: DeviceRow;
  readonly seq: number;
  /** Kept sealed: only when it was made just now. */
  readonly jws?: string;
  readonly row: Pick<MessageRow, 'sealed'>;
}

function messageAfter(ctx: Context, deviceId: string, after: number): Promise<Found | undefined> {
  return ctx.serial(`device:${deviceId}`, async () => {
    const device = await mustServe(ctx, deviceId);
    const row = await messageOf(ctx.db, deviceId);
    // Before its content is read: what changes from here on is announced with a higher one.
    const now = ctx.clock();
    const seq = ctx.reserve(deviceId, Math.max(row?.seq ?? 0, after));
    const content = await contentOf(ctx, device);
    const digest = digestOf(ctx, content);
    const fits = row !== undefined && row.digest === digest && isFresh(ctx, row);
    // A device that knows a later one remembers more than this server does: it was set back to a backup.
    if (row === undefined || !fits || after > row.seq) {
      const made = await compose(ctx, device, content, digest, { seq, now });
      return { device, seq: made.row.seq, ...made };
    }
    return row.seq > after ? { device, seq: row.seq, row } : undefined;
  });
}

/**
 * The device, unless it was ended and knows it: an ended device gets one message, which ends it, and when it has
 * acknowledged that it gets none. @throws ServerError `ERR_NOT_AUTHORISED`
 */
export async function mustServe(ctx: Context, deviceId: string): Promise<DeviceRow> {
  const device = await mustDevice(ctx.db, deviceId);
  if (!(await isGone(ctx, device))) return device;
  throw new ServerError('ERR_NOT_AUTHORISED', `the device ${deviceId} was ended; enrol it again`);
}

async function isGone(ctx: Context, device: DeviceRow): Promise<boolean> {
  if (device.state !== 'ended') return false;
  return (
    (await openCommands(ctx.db, device.id)).length === 0 && (await commandsOf(ctx.db, device.id)).length > 0
  );
}

interface Content {
  readonly values: Omit<SectionValues, 'trust'> & { readonly trust: Omit<SectionValues['trust'], 'knownAt'> };
  readonly areas: readonly string[];
}

async function contentOf(ctx: Context, device: DeviceRow): Promise<Content> {
  const rows = await openCommands(ctx.db, device.id);
  const commands = rows.map((row) => JSON.parse(row.command) as SectionValues['commands'][number]);
  const noKeys = { encryptionKeys: [], decryptionKeys: [] };
  if (device.state === 'ended') {
    const rules = resolve([], { id: device.id, groups: [], classes: [] });
    return { values: { rules, ...noKeys, commands, trust: { devices: [], heads: [] } }, areas: [] };
  }
  const { rules, databases } = await rulesOf(ctx.db, device, await policiesInForce(ctx));
  const trust = await trustOf(ctx.db, device.user_id);
  if (device.state === 'pending') return { values: { rules, ...noKeys, commands, trust }, areas: [] };
  const keys = await keysFor(ctx, device, rules, databases);
  return {
    values: { rules, ...keys, commands, trust },
    areas: [...new Set(rules.destinations.map((destination) => destination.area))],
  };
}

const digestOf = (ctx: Context, content: Content): string =>
  toBase64Url(ctx.platform.sha256(utf8(JSON.stringify(content))));

async function compose(
  ctx: Context,
  device: DeviceRow,
  { values, areas }: Content,
  digest: string,
  { seq, now }: { readonly seq: number; readonly now: number },
): Promise<{ readonly row: MessageRow; readonly jws: string }> {
  const { rules } = values;
  const known = new Map((await sectionsOf(ctx.db, device.id)).map((row) => [row.name, row]));
  const sections = nextSections(ctx, known, { ...values, trust: { ...values.trust, knownAt: now } }, now);
  const signed = await signMessage(ctx.platform, {
    server: ctx.identity.id,
    policyKey: await derivePolicyKey(ctx.platform, ctx.root, device.id),
    device: device.id,
    ...{ lastSeq: seq - 1, now, sections },
    lifetime: rules.expires,
    held: JSON.parse(device.held),
    grants: await grantsFor(
      ctx,
      { device: device.id, user: device.user_id, signingKey: signingKeyOf(device) },
      ...[areas, now, now + rules.expires],
    ),
  });
  const row = messageRow(ctx, device.id, signed, digest, rules);
  await ctx.together.run(async (tx) => {
    for (const name of sectionNames) {
      const { version, hash } = sections[name];
      if (known.get(name)?.version === version) continue;
      await putSection(tx, { device_id: device.id, name, version, hash });
    }
    await putMessage(tx, row);
  });
  ctx.log.info({ device: device.id, seq: row.seq }, 'policy message composed');
  return { row, jws: signed.jws };
}

function nextSections(
  ctx: Context,
  rows: ReadonlyMap<string, SectionRow>,
  values: SectionValues,
  now: number,
): { [S in SectionName]: Section } {
  const next = <S extends SectionName>(name: S): Section => {
    const row = rows.get(name);
    // The text is not kept: while the hash is the same, so is the text.
    const previous = row && { version: row.version, hash: row.hash, text: JSON.stringify(values[name]) };
    return nextSection(ctx.platform, name, values[name], previous, now);
  };
  return {
    rules: next('rules'),
    encryptionKeys: next('encryptionKeys'),
    decryptionKeys: next('decryptionKeys'),
    commands: next('commands'),
    trust: next('trust'),
  };
}

function messageRow(
  ctx: Context,
  deviceId: string,
  { seq, jws, hash, iat, exp }: Omit<ComposedMessage, 'sealed'>,
  digest: string,
  rules: DeviceRules,
): MessageRow {
  return {
    ...{ device_id: deviceId, seq, hash, digest, issued: iat, expires: exp },
    sealed: ctx.sealer.seal(messagePlace(deviceId), utf8(jws)),
    refresh_at: iat + rules.refresh,
  };
}

const messagePlace = (deviceId: string): Place => ({ table: 'message', row: deviceId, column: 'sealed' });
