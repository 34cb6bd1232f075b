/** Login: a device signs its request to the server, so that no bearer secret exists (B15). */
import { MalformedError } from '../../lib/binary.ts';
import { fromBase64Url, fromUtf8, toBase64Url } from '../../lib/bytes.ts';
import { asHash, asId, asInteger, asObject, asText, parseJson } from '../../lib/shape.ts';
import type { Platform } from '../../platform/index.ts';
import { signJson, verifyJws } from './envelope.ts';
import { MessageError } from './errors.ts';
import { type Ed25519Private, type Ed25519Public, newId } from './keys.ts';

export const LOGIN_TYP = 'holdfast-login+jws';
/** The scheme in `Authorization: Holdfast LOGIN`. */
export const LOGIN_SCHEME = 'Holdfast';
/** How far the clocks of device and server may differ, ms. */
export const LOGIN_WINDOW = 5 * 60_000;
const LOGIN_LIMIT = 8192;

export interface LoginParts {
  readonly device: string;
  /** Id of the server. */
  readonly server: string;
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  /** Empty for a request without one. */
  readonly body: Uint8Array;
  /** Of the program on the device: classes of devices go by it (B2). */
  readonly version?: string;
}

/** A compact JWS for one request. */
export function composeLogin(
  platform: Platform,
  key: Ed25519Private,
  parts: LoginParts,
  now: number,
): Promise<string> {
  return signJson(LOGIN_TYP, key, {
    v: 1,
    iss: parts.device,
    aud: parts.server,
    id: newId(platform),
    method: parts.method,
    path: parts.path,
    body: toBase64Url(platform.sha256(parts.body)),
    ...(parts.version === undefined ? {} : { version: parts.version }),
    iat: now,
  });
}

/** Who makes a request; `id` is that of the login. */
export interface LoggedIn {
  readonly device: string;
  readonly id: string;
  readonly version?: string;
}

export interface ExpectedLogin extends Omit<LoginParts, 'device' | 'body' | 'version'> {
  /** What was sent, or how to get it: asked for only when everything else is right. */
  readonly body: Uint8Array | ((who: LoggedIn) => Promise<Uint8Array>);
}

/**
 * Says which device makes this request. `id` is random per login: a server that wants each to count once
 * remembers it for twice the window. @throws MessageError `ERR_LOGIN`, `ERR_LOGIN_CLOCK`
 */
export async function verifyLogin(
  platform: Platform,
  login: string,
  expected: ExpectedLogin,
  /** The signing key of a device; undefined when it is not enrolled, or ended. */
  keyOf: (device: string) => Promise<Ed25519Public | undefined>,
  now: number,
): Promise<LoggedIn> {
  const { who, hash } = await openLogin(login, expected, keyOf, now).catch((cause: unknown) => {
    if (cause instanceof MessageError) throw cause;
    throw refused(cause instanceof MalformedError ? cause.message : 'its signature does not verify', cause);
  });
  const body = typeof expected.body === 'function' ? await expected.body(who) : expected.body;
  if (hash !== toBase64Url(platform.sha256(body))) throw refused('for another body');
  return who;
}

/** All but the body: `hash` is what that has to have. */
async function openLogin(
  login: string,
  expected: ExpectedLogin,
  keyOf: (device: string) => Promise<Ed25519Public | undefined>,
  now: number,
): Promise<{ who: LoggedIn; hash: string }> {
  if (login.length > LOGIN_LIMIT) throw new MalformedError('too long');
  const key = await keyOf(claimedDevice(login));
  if (!key) throw new MalformedError('of a device that is not enrolled here');
  const from = asObject(parseJson(await verifyJws(LOGIN_TYP, key, login), 'it'), 'it');
  if (from.v !== 1) throw new MalformedError('of another version');
  if (from.aud !== expected.server) throw new MalformedError('for another server');
  if (from.method !== expected.method || from.path !== expected.path) {
    throw new MalformedError('for another request');
  }
  const who = {
    ...{ device: asId(from.iss, 'iss'), id: asId(from.id, 'id') },
    ...(from.version !== undefined && { version: asText(from.version, 'version', 64) }),
  };
  const hash = asHash(from.body, 'body');
  // Last: only the device itself is told how its clock differs.
  const ahead = asInteger(from.iat, 'iat') - now;
  if (Math.abs(ahead) > LOGIN_WINDOW) throw wrongClock(ahead);
  return { who, hash };
}

const refused = (why: string, cause?: unknown): MessageError =>
  new MessageError('ERR_LOGIN', `The login is refused: ${why}.`, { cause });

function wrongClock(ahead: number): MessageError {
  const minutes = Math.round(Math.abs(ahead) / 60_000);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  const parts = [`${days} d`, `${hours} h`, `${minutes % 60} min`].filter((part) => !part.startsWith('0 '));
  return new MessageError(
    'ERR_LOGIN_CLOCK',
    `The login is refused: the clock of this device is ${parts.join(' ')} ${ahead > 0 ? 'ahead of' : 'behind'} the server's. Set it right, and try again.`,
  );
}

/** Only to find the key: nothing is believed before the signature verifies under it. */
function claimedDevice(login: string): string {
  let payload: Uint8Array;
  try {
    payload = fromBase64Url(login.split('.')[1] ?? '');
  } catch (cause) {
    throw new MalformedError('not a compact JWS', { cause });
  }
  return asId(asObject(parseJson(fromUtf8(payload), 'it'), 'it').iss, 'iss');
}
