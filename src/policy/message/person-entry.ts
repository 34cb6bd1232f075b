/**
 * Entry of the server's directory: whose owner record it is, by the word of the server (N11). Signed, for the device that
 * has asked, for one name and one question; the record itself comes beside it, and proves itself.
 */
import { MalformedError } from '../../lib/binary.ts';
import { asHash, asId, asInteger, asObject, asText, parseJson } from '../../lib/shape.ts';
import { signJson, verifyJws } from './envelope.ts';
import { MessageError } from './errors.ts';
import type { Ed25519Private, Ed25519Public } from './keys.ts';

export const PERSON_TYP = 'holdfast-person+jws';
/** Characters of an entry, at most. */
export const PERSON_LIMIT = 4096;
/** How far the clocks may be apart, ms: a login allows for half of it. */
const APART = 10 * 60_000;

export interface PersonQuestion {
  readonly server: string;
  readonly device: string;
  /** Of the user, as the server calls them. */
  readonly name: string;
  /** 16 random bytes, base64url. */
  readonly nonce: string;
}

export interface PersonEntry {
  /** Id of the user. */
  readonly user: string;
  /** SHA-256 of the bytes of their newest owner record, base64url. */
  readonly record: string;
}

/** Server: signs with its identity key. Compact JWS. @param time Unix ms */
export const composePersonEntry = (
  identityKey: Ed25519Private,
  { server, device, name, nonce }: PersonQuestion,
  { user, record }: PersonEntry,
  time: number,
): Promise<string> =>
  signJson(PERSON_TYP, identityKey, { v: 1, iss: server, aud: device, nonce, name, user, record, time });

/** Device: what the pinned server vouches for. @param now Unix ms. @throws MessageError `ERR_PERSON_ENTRY` */
export async function openPersonEntry(
  identityKey: Ed25519Public,
  entry: string,
  question: PersonQuestion,
  now: number,
): Promise<PersonEntry> {
  try {
    if (entry.length > PERSON_LIMIT) throw new MalformedError('it is too long');
    const from = asObject(parseJson(await verifyJws(PERSON_TYP, identityKey, entry), 'it'), 'it');
    if (from.v !== 1) throw new MalformedError('it is of another version');
    if (asId(from.iss, 'iss') !== question.server) throw new MalformedError('it is by another server');
    if (asId(from.aud, 'aud') !== question.device) throw new MalformedError('it is for another device');
    if (asId(from.nonce, 'nonce') !== question.nonce) throw new MalformedError('it is for another question');
    if (asText(from.name, 'name', 128) !== question.name) throw new MalformedError('it is of another user');
    if (Math.abs(asInteger(from.time, 'time') - now) > APART)
      throw new MalformedError('it is of another time');
    return { user: asId(from.user, 'user'), record: asHash(from.record, 'record') };
  } catch (cause) {
    const why = cause instanceof MalformedError ? cause.message : 'its signature does not verify';
    throw new MessageError(
      'ERR_PERSON_ENTRY',
      `What the server's directory says of "${question.name}" is refused: ${why}.`,
      { cause },
    );
  }
}
