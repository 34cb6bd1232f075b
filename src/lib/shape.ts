/** Reading parsed JSON of unknown origin, member by member, with a limit on everything. */
import { MalformedError } from './binary.ts';
import { fromBase64Url, fromUtf8Strict } from './bytes.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Every counter and time on the wire stays below this (2^52), so that arithmetic on it is exact. */
export const INTEGER_LIMIT = 2 ** 52;

export function parseJson(source: Uint8Array | string, what: string): unknown {
  try {
    return JSON.parse(typeof source === 'string' ? source : fromUtf8Strict(source));
  } catch {
    // The parser's own message quotes the text, which may hold secrets.
    throw new MalformedError(`${what} is not JSON`);
  }
}

export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(what, 'an object');
  return value as JsonObject;
}

export function asList<T>(value: unknown, what: string, limit: number, entry: (value: unknown) => T): T[] {
  if (!Array.isArray(value) || value.length > limit) fail(what, `a list of at most ${limit}`);
  return value.map(entry);
}

export function asText(value: unknown, what: string, limit: number): string {
  if (typeof value !== 'string' || value.length > limit) fail(what, `text of at most ${limit} characters`);
  return value;
}

export function asInteger(value: unknown, what: string, least = 0): number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) >= INTEGER_LIMIT) {
    fail(what, `an integer from ${least}, below 2^52`);
  }
  return value as number;
}

export function asOneOf<T extends string>(value: unknown, what: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  return found ?? fail(what, allowed.join(' or '));
}

/** `length` bytes in canonical base64url; the text itself is returned. */
export function asBytesText(value: unknown, what: string, length: number): string {
  const text = asText(value, what, Math.ceil((length * 4) / 3));
  try {
    if (fromBase64Url(text).length === length) return text;
  } catch {
    // said below, without the text
  }
  return fail(what, `${length} bytes in base64url`);
}

/** An id: 16 bytes. */
export const asId = (value: unknown, what: string): string => asBytesText(value, what, 16);

/** A SHA-256: 32 bytes. */
export const asHash = (value: unknown, what: string): string => asBytesText(value, what, 32);

function fail(what: string, expected: string): never {
  throw new MalformedError(`${what} has to be ${expected}`);
}
