import type { Code, EnrolmentAnswerBody, EnrolmentRequestBody, MadeCode } from '../../../api/server/index.ts';
import { toBase64Url, utf8 } from '../../../lib/bytes.ts';
import {
  certify,
  composeEnrolmentAnswer,
  derivePolicyKey,
  encodeEnrolmentCode,
  enrolmentId,
  MessageError,
  type OpenedRequest,
  openEnrolmentRequest,
  publicOf,
} from '../../../policy/message/index.ts';
import { ServerError } from '../errors.ts';
import type { Place } from '../keys/index.ts';
import { cleaned } from '../plain.ts';
import {
  addCode,
  addDevice,
  type CodeRow,
  codeById,
  deviceById,
  devicesOf,
  forgetExpired,
  listCodes,
  updateCode,
  userById,
  userNames,
} from '../store/index.ts';
import { record } from './audit.ts';
import type { Context } from './context.ts';
import { mustUser } from './lookup.ts';

export interface CodeWish {
  readonly user: string;
  readonly classes: readonly string[];
  /** ms */
  readonly expiresIn: number;
  readonly confirm: boolean;
}

/** Makes a one-time enrolment code for a user (B1). Only this answer holds it. */
export async function makeCode(ctx: Context, actor: string, wish: CodeWish): Promise<MadeCode> {
  const now = ctx.clock();
  const user = await mustUser(ctx.db, wish.user);
  const secret = ctx.platform.random(16);
  const id = enrolmentId(ctx.platform, secret);
  const expires = now + wish.expiresIn;
  const row: CodeRow = {
    ...{ id, expires, user_id: user.id, created: now, state: 'open' },
    sealed: ctx.sealer.seal(secretPlace(id), secret),
    classes: JSON.stringify(wish.classes),
    confirm: wish.confirm ? 1 : 0,
    ...{ device_id: null, request: null, answer: null },
  };
  await ctx.db.transaction().execute(async (tx) => {
    await addCode(tx, row);
    const detail = { user: user.name, expires, classes: wish.classes, confirm: wish.confirm };
    await record(ctx, tx, { actor, action: 'code.add', subject: id, detail });
  });
  const code = encodeEnrolmentCode(ctx.platform, { url: ctx.url, keyHash: ctx.identity.keyHash, secret });
  return { id, code, user: user.name, expires };
}

export async function codes(ctx: Context): Promise<Code[]> {
  const now = ctx.clock();
  await forgetExpired(ctx.db, now);
  const users = await userNames(ctx.db);
  return (await listCodes(ctx.db)).map(({ id, user_id, state, created, expires, classes, device_id }) => ({
    ...{ id, created, expires },
    user: users.get(user_id) ?? user_id,
    state: state === 'open' && expires <= now ? ('expired' as const) : state,
    classes: JSON.parse(classes) as string[],
    ...(device_id === null ? {} : { device: device_id }),
  }));
}

export async function withdrawCode(ctx: Context, actor: string, id: string): Promise<void> {
  await ctx.db.transaction().execute(async (tx) => {
    const row = await codeById(tx, id);
    if (row === undefined) throw new ServerError('ERR_NOT_FOUND', `there is no enrolment code ${id}`);
    if (row.state !== 'open') throw new ServerError('ERR_CONFLICT', `the code ${id} is ${row.state} already`);
    await updateCode(tx, id, { state: 'withdrawn', sealed: null });
    await record(ctx, tx, { actor, action: 'code.withdraw', subject: id });
  });
}

/**
 * Enrols a device. The same request gets the same answer, so that a lost answer does no harm.
 *
 * @throws ServerError `ERR_ENROLMENT_REFUSED`, one message for every reason: it must not tell a stranger which
 * codes there are
 */
export function enrol(ctx: Context, request: EnrolmentRequestBody): Promise<EnrolmentAnswerBody> {
  return ctx.serial(`code:${request.id}`, async () => {
    const row = await codeById(ctx.db, request.id);
    if (row === undefined) throw refused();
    const digest = requestDigest(ctx, request);
    if (row.state === 'used' && row.request === digest && row.answer !== null) return JSON.parse(row.answer);
    if (row.state !== 'open' || row.expires <= ctx.clock() || row.sealed === null) throw refused();
    const secret = ctx.sealer.open(secretPlace(row.id), row.sealed);
    const opened = await openEnrolmentRequest(ctx.platform, request, secret, ctx.identity).catch((cause) => {
      if (cause instanceof MessageError) throw refused(cause);
      throw cause;
    });
    return admit(ctx, row, opened, secret, digest);
  });
}

async function admit(
  ctx: Context,
  code: CodeRow,
  request: OpenedRequest,
  secret: Uint8Array,
  digest: string,
): Promise<EnrolmentAnswerBody> {
  const now = ctx.clock();
  const { device, signingKey, messageKey, platform: info } = request;
  const user = await userById(ctx.db, code.user_id);
  if (user === undefined || user.removed !== null || (await deviceById(ctx.db, device))) throw refused();
  const certificate = await certify(ctx.identity.identityKey, {
    ...{ device, user: user.id, jwk: signingKey, iat: now },
  });
  // What a device says of itself is shown on terminals and pages, and stands in the audit log.
  const [name, os, version] = [cleaned(info.name), cleaned(info.os), cleaned(info.version)];
  const policyKey = publicOf(await derivePolicyKey(ctx.platform, ctx.root, device));
  const confirm = code.confirm === 1;
  const { answer, transcriptCode } = await composeEnrolmentAnswer(
    ctx.platform,
    secret,
    ctx.identity,
    { request, user: { id: user.id, name: user.name }, policyKey, certificate, confirm },
    now,
  );
  await ctx.db.transaction().execute(async (tx) => {
    if ((await codeById(tx, code.id))?.state !== 'open') throw refused();
    await addDevice(tx, {
      ...{ id: device, user_id: user.id, state: confirm ? 'pending' : 'active', certificate },
      ...{ name, os, version, classes: code.classes },
      signing_key: JSON.stringify(signingKey),
      message_key: JSON.stringify(messageKey),
      ...{ enrolled: now, last_seen: now, ended: null, transcript: transcriptCode },
      ...{
        report_number: 0,
        acknowledged: 0,
        acknowledged_at: null,
        held: '{}',
        databases: '[]',
        failure: null,
      },
    });
    await updateCode(tx, code.id, {
      ...{ state: 'used', sealed: null, device_id: device, request: digest },
      answer: JSON.stringify(answer),
    });
    const detail = { user: user.name, name, os, code: code.id, confirm };
    await record(ctx, tx, { actor: `device:${device}`, action: 'device.enrol', subject: device, detail });
  });
  ctx.wake((await devicesOf(ctx.db, user.id)).map((row) => row.id));
  return { ...answer };
}

const refused = (cause?: unknown) =>
  new ServerError(
    'ERR_ENROLMENT_REFUSED',
    'this enrolment code is not valid (any more); ask the administrator for a new one',
    { cause },
  );

const secretPlace = (id: string): Place => ({ table: 'code', row: id, column: 'sealed' });

function requestDigest(ctx: Context, { id, sealed, mac }: EnrolmentRequestBody): string {
  return toBase64Url(ctx.platform.sha256(utf8(JSON.stringify([id, sealed, mac]))));
}
