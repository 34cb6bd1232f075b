/**
 * Enrolment code: what a person carries from the server to the device (QR, typed, or a file; never through a
 * relay). `holdfast-enrol:` and base64url of version, server key hash, one-time secret, URL, check bytes.
 */
import { ByteReader, ByteWriter, MalformedError } from '../../lib/binary.ts';
import { equalBytes, fromBase64Url, toBase64Url, utf8 } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';
import { MessageError } from './errors.ts';

const PREFIX = 'holdfast-enrol:';
const VERSION = 1;
const URL_LIMIT = 1024;
/** Enough for a typing error to be noticed at once; an attacker gains nothing by a right one. */
const CHECK_LENGTH = 4;

export interface EnrolmentCode {
  /** Origin and path prefix of the server, without trailing slash. */
  readonly url: string;
  /** 32 bytes, see `serverKeyHash`: pins the server before anything is sent. */
  readonly keyHash: Uint8Array;
  /** 16 bytes, used once. */
  readonly secret: Uint8Array;
}

/** @throws MessageError `ERR_ENROLMENT_CODE` when the URL is not one of a server */
export function encodeEnrolmentCode(platform: Platform, code: EnrolmentCode): string {
  if (code.keyHash.length !== 32 || code.secret.length !== 16)
    throw new RangeError('key hash or secret length');
  checkUrl(code.url);
  const writer = new ByteWriter();
  writer.u8(VERSION).raw(code.keyHash).raw(code.secret).text(code.url);
  return PREFIX + toBase64Url(writer.raw(check(platform, writer.view())).finish());
}

/** White space anywhere in the text is ignored. @throws MessageError `ERR_ENROLMENT_CODE` */
export function parseEnrolmentCode(platform: Platform, text: string): EnrolmentCode {
  try {
    if (text.length > 4096) throw new MalformedError('it is too long');
    const packed = text.replace(/\s+/g, '');
    if (!packed.startsWith(PREFIX)) throw new MalformedError(`it does not begin with ${PREFIX}`);
    return parseBytes(platform, fromBase64Url(packed.slice(PREFIX.length)));
  } catch (cause) {
    if (cause instanceof MessageError) throw cause;
    // Only our own words: a parser's could quote the secret.
    const why = cause instanceof MalformedError ? cause.message : 'it is not base64url';
    throw new MessageError('ERR_ENROLMENT_CODE', `This is not an enrolment code: ${why}. Ask for it again.`);
  }
}

function parseBytes(platform: Platform, bytes: Uint8Array): EnrolmentCode {
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECK_LENGTH));
  const reader = new ByteReader(body);
  if (reader.u8() !== VERSION) throw new MalformedError('it is of another version');
  if (!equalBytes(bytes.subarray(body.length), check(platform, body))) {
    throw new MalformedError('it is mistyped or cut short');
  }
  const keyHash = reader.raw(32).slice();
  const secret = reader.raw(16).slice();
  const url = reader.text(URL_LIMIT);
  reader.end();
  checkUrl(url);
  return { url, keyHash, secret };
}

const check = (platform: Platform, bytes: Uint8Array) => platform.sha256(bytes).subarray(0, CHECK_LENGTH);

/** One spelling only, and nothing in it that would travel to logs: no user, password, query or fragment. */
function checkUrl(text: string): void {
  const url = URL.parse(text);
  const plain = url && `${url.origin}${url.pathname === '/' ? '' : url.pathname}`;
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) {
    if (text === plain && !text.endsWith('/') && utf8(text).length <= URL_LIMIT) return;
  }
  throw new MessageError(
    'ERR_ENROLMENT_CODE',
    'The address of the server has to be http(s)://HOST[:PORT][/PATH], without anything behind it.',
  );
}

/** By what the server finds a code: tells nothing about the secret. base64url, 22 characters. */
export const enrolmentId = (platform: Platform, secret: Uint8Array): string =>
  toBase64Url(platform.hkdf(secret, new Uint8Array(), utf8('holdfast enrolment id v1'), 16));
