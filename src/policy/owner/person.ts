/** Another person, as this one has come to know them: by their owner records, and a fingerprint that both have compared (N11). */
import { MalformedError } from '../../lib/binary.ts';
import { concat, equalBytes, fromBase64Url, toBase64Url, toHex, utf8 } from '../../lib/bytes.ts';
import { asList, asText } from '../../lib/shape.ts';
import type { Platform } from '../../platform/index.ts';
import { OwnerError } from './errors.ts';
import { followOwnerRecords, type TrustedOwnerRecord } from './follow.ts';
import { MAX_OWNER_RECORD, openOwnerRecord } from './open.ts';

const MOST_RECORDS = 1000;
/** Bytes of a card or an invitation at most: what a device takes with one call. */
export const MAX_CARD = 2 * 1024 * 1024;

/** The records of a person as they stand in a card or an invitation, oldest first. @throws MalformedError */
export const parseRecords = (value: unknown): Uint8Array[] =>
  asList(value, 'records', MOST_RECORDS, (one) => fromBase64Url(asText(one, 'a record', MAX_OWNER_RECORD)));

export const recordTexts = (records: Iterable<Uint8Array>): string[] => [...records].map(toBase64Url);

/**
 * The newest of these records, each of which follows from the one before; from the one that is known of that person on.
 * Without a known one, nothing says yet whose they are: compare {@link personFingerprint}.
 *
 * @throws OwnerError, MalformedError
 */
export async function newestOfPerson(
  platform: Platform,
  records: readonly Uint8Array[],
  known?: Uint8Array,
): Promise<TrustedOwnerRecord> {
  const byVersion = new Map<number, Uint8Array>();
  for (const bytes of records) byVersion.set(openOwnerRecord(platform, bytes).record.version, bytes);
  const first = byVersion.get(Math.min(...byVersion.keys()));
  if (!first || byVersion.size !== records.length)
    throw new MalformedError('records that are none, or come twice');
  const anchor = known && openOwnerRecord(platform, known);
  // Made before what is known by now: what is known counts.
  if (
    anchor &&
    anchor.record.version > Math.max(...byVersion.keys()) &&
    isOf(anchor.record.user, platform, first)
  )
    return { ...anchor, bytes: known };
  const newest = await followOwnerRecords(platform, byVersion, { kind: 'record', bytes: known ?? first });
  for (const { signature } of newest.record.ways) if (await newest.signedBy(signature)) return newest;
  throw new OwnerError(
    'ERR_OWNER_SIGNER',
    'The owner record is signed by none of the ways in that it lists.',
  );
}

const isOf = (user: string, platform: Platform, bytes: Uint8Array): boolean =>
  openOwnerRecord(platform, bytes).record.user === user;

/** What two people compare, one reading it to the other: 128 bits, hexadecimal in groups of four. */
export function personFingerprint(platform: Platform, { hash }: { readonly hash: string }): string {
  const all = platform.sha256(concat(utf8('holdfast/1 person'), fromBase64Url(hash)));
  return toHex(all.subarray(0, 16)).replace(/(.{4})(?!$)/g, '$1 ');
}

/** As somebody has typed it: blanks, colons, dashes and case do not matter. */
export function sameFingerprint(one: string, typed: string): boolean {
  const digits = (text: string): Uint8Array => utf8(text.toLowerCase().replace(/[\s:-]/g, ''));
  return equalBytes(digits(one), digits(typed));
}
