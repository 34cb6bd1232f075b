/** What proves the one-time secret in both directions of an enrolment, and what people compare afterwards. */
import { ByteWriter } from '../../lib/binary.ts';
import { concat, equalBytes, fromBase64Url, toBase64Url, utf8 } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';

/** Which way; each has its own key, so that a request is never an answer. */
export type Direction = 'request' | 'answer';

/** HMAC-SHA256 (RFC 2104) over the parts, each with its length; base64url. */
export async function proof(
  platform: Platform,
  secret: Uint8Array,
  direction: Direction,
  parts: readonly Uint8Array[],
): Promise<string> {
  const raw = platform.hkdf(secret, new Uint8Array(), utf8(`holdfast enrolment ${direction} v1`), 32);
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', new Uint8Array(raw), algorithm, false, ['sign']);
  return toBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', key, packed(parts))));
}

/** In time that does not depend on where they differ. */
export const sameProof = (a: string, b: string): boolean => equalBytes(utf8(a), utf8(b));

/** What a request is known by: SHA-256 over its parts, base64url. The same request gets the same answer. */
export const requestHash = (platform: Platform, keyHash: Uint8Array, id: string, sealed: string): string =>
  toBase64Url(platform.sha256(packed(requestParts(keyHash, id, sealed))));

export const requestParts = (keyHash: Uint8Array, id: string, sealed: string): Uint8Array[] => [
  keyHash,
  utf8(id),
  utf8(sealed),
];

/** The request in the answer's proof: neither can be exchanged. */
export const answerParts = (keyHash: Uint8Array, request: string, sealed: string): Uint8Array[] => [
  keyHash,
  fromBase64Url(request),
  utf8(sealed),
];

/**
 * Eight digits, `1234 5678`, that are equal on both sides only if both saw the same request and answer. The
 * answer holds fresh randomness of the server, so that nobody who made a request can search for one whose code
 * is another's.
 */
export function transcriptCode(
  platform: Platform,
  secret: Uint8Array,
  keyHash: Uint8Array,
  request: string,
  answerJws: string,
): string {
  const transcript = concat(secret, fromBase64Url(request), platform.sha256(utf8(answerJws)));
  const bytes = platform.hkdf(transcript, keyHash, utf8('holdfast enrolment transcript v1'), 8);
  const digits = (new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0) % 100_000_000n).toString();
  return digits.padStart(8, '0').replace(/^(....)/, '$1 ');
}

function packed(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  for (const part of parts) writer.bytes(part);
  return new Uint8Array(writer.finish());
}
