/**
 * Envelope: the data keys of a keyring for one recipient list, as JWE General JSON (RFC 7516 §7.2.1).
 * docs/format.md, "Keyring and envelope".
 */
import { flattenedDecrypt } from 'jose/jwe/flattened/decrypt';
import { GeneralEncrypt } from 'jose/jwe/general/encrypt';
import { importJWK } from 'jose/key/import';
import { concat, equalBytes, fromBase64Url, fromUtf8Strict, toBase64Url, utf8 } from '../../lib/bytes.ts';
import { BaseError } from '../../lib/errors.ts';
import type { Platform } from '../../platform/index.ts';
import { CryptoError } from '../errors.ts';
import type { Identity, Recipient, WrappedKey } from '../keys.ts';
import { commitment } from './commitment.ts';
import { type Side, shareCommitment } from './shares.ts';

/** A data key, or with custody `all` a share of it, and what it is for. */
export interface DataKey {
  /** Database id: 16 bytes, base64url. */
  readonly database: string;
  readonly key: Uint8Array;
}

/** What an envelope is bound to. Ids are base64url. */
export interface EnvelopePlace {
  readonly chain: string;
  readonly keyring: string;
  readonly number: number;
  readonly custody: 'company' | 'user' | 'any' | 'all';
  /** With custody `all`: whose shares it holds. */
  readonly side?: Side;
}

const TYP = 'holdfast-keyring+jwe';

/** An envelope's bytes at most. */
export const MAX_ENVELOPE = 4 * 1024 * 1024;

const algorithms = { symmetric: 'A256KW', ec: 'ECDH-ES+A256KW', rsa: 'RSA-OAEP-256' } as const;

export async function sealEnvelope(
  platform: Platform,
  place: EnvelopePlace,
  keys: readonly DataKey[],
  recipients: readonly Recipient[],
): Promise<Uint8Array> {
  const plaintext = JSON.stringify({
    keys: Object.fromEntries(keys.map((key) => [key.database, toBase64Url(key.key)])),
  });
  const jwe = new GeneralEncrypt(utf8(plaintext)).setProtectedHeader({
    typ: TYP,
    enc: 'A256GCM',
    hf: { v: 1, ...place, databases: commitments(platform, place, keys) },
  });
  for (const recipient of recipients)
    jwe.addRecipient(await wrappingKey(recipient)).setUnprotectedHeader({
      alg: algorithms[recipient.kind],
      kid: recipientId(platform, place.keyring, recipient.thumbprint),
    });
  return utf8(JSON.stringify(await jwe.encrypt()));
}

/**
 * Opens an envelope with the first identity that is among its recipients, and checks that it is the envelope of
 * this place and that each key is the one committed to.
 *
 * @throws CryptoError `ERR_NO_KEY`, `ERR_NOT_AUTHENTIC`, `ERR_COMMITMENT`; and what an identity's own operation throws
 */
export async function openEnvelope(
  platform: Platform,
  bytes: Uint8Array,
  place: Omit<EnvelopePlace, 'custody'>,
  expected: ReadonlyMap<string, string>,
  identities: readonly Identity[],
): Promise<Map<string, Uint8Array>> {
  const name = `envelope ${place.keyring}-${place.number}`;
  const jwe = parse(bytes, name);
  for (const identity of identities) {
    const id = recipientId(platform, place.keyring, identity.thumbprint);
    const recipient = jwe.recipients.find((r) => r.header?.kid === id);
    if (!recipient) continue;
    const opened = await decrypt(jwe, recipient, identity, name);
    return checkKeys(platform, opened, place, expected, name);
  }
  throw new CryptoError('ERR_NO_KEY', `${name}: none of the keys here opens it`);
}

/** What an envelope says of itself. */
export interface EnvelopeHead {
  readonly custody: EnvelopePlace['custody'];
  readonly side?: Side;
  /** As {@link recipientId} gives them. */
  readonly recipients: readonly string[];
}

/**
 * Reads it without a key. A JWE does not protect its recipients: only of bytes whose hash is known this says anything.
 * @throws CryptoError `ERR_NOT_AUTHENTIC`
 */
export function readEnvelope(bytes: Uint8Array, name: string): EnvelopeHead {
  const jwe = parse(bytes, name);
  try {
    const { hf } = JSON.parse(fromUtf8Strict(fromBase64Url(jwe.protected))) as { hf: Partial<EnvelopePlace> };
    const { custody, side } = hf;
    if (!custody || !CUSTODIES.includes(custody)) throw new TypeError('another custody');
    if (side !== undefined && side !== 'company' && side !== 'user') throw new TypeError('another side');
    const recipients = jwe.recipients.map(({ header }) => {
      if (typeof header?.kid !== 'string') throw new TypeError('a recipient without a key id');
      return header.kid;
    });
    return { custody, ...(side && { side }), recipients };
  } catch (cause) {
    throw new CryptoError('ERR_NOT_AUTHENTIC', `${name}: not an envelope`, { cause });
  }
}

const CUSTODIES: readonly EnvelopePlace['custody'][] = ['company', 'user', 'any', 'all'];

/** What a stranger sees of a recipient: it changes with each keyring, so that no stable id is seen. */
export const recipientId = (platform: Platform, keyring: string, thumbprint: string): string =>
  toBase64Url(platform.sha256(concat(fromBase64Url(keyring), fromBase64Url(thumbprint))));

const commitments = (
  platform: Platform,
  place: Pick<EnvelopePlace, 'chain' | 'side'>,
  keys: readonly DataKey[],
): Record<string, string> =>
  Object.fromEntries(keys.map((key) => [key.database, toBase64Url(committed(platform, place, key))]));

/** To a data key, or to a share of it. */
function committed(
  platform: Platform,
  { chain, side }: Pick<EnvelopePlace, 'chain' | 'side'>,
  { database, key }: DataKey,
): Uint8Array {
  const [of, at] = [fromBase64Url(chain), fromBase64Url(database)];
  return side ? shareCommitment(platform, key, of, at, side) : commitment(platform, key, of, at);
}

interface RecipientJson {
  readonly header?: { readonly alg?: string; readonly kid?: string; readonly [name: string]: unknown };
  readonly encrypted_key?: string;
}

interface EnvelopeJson {
  readonly protected: string;
  readonly recipients: readonly RecipientJson[];
  readonly iv: string;
  readonly ciphertext: string;
  readonly tag: string;
}

function parse(bytes: Uint8Array, name: string): EnvelopeJson {
  try {
    if (bytes.length > MAX_ENVELOPE) throw new RangeError('too long');
    const jwe = JSON.parse(fromUtf8Strict(bytes)) as EnvelopeJson;
    if (!Array.isArray(jwe.recipients)) throw new TypeError('no recipients');
    return jwe;
  } catch (cause) {
    throw new CryptoError('ERR_NOT_AUTHENTIC', `${name}: not an envelope`, { cause });
  }
}

/** RFC 7516 §5.2 for one recipient; the only algorithm allowed is the one of the identity's kind. */
async function decrypt(
  jwe: EnvelopeJson,
  recipient: RecipientJson,
  identity: Identity,
  name: string,
): Promise<{ header: Record<string, unknown>; plaintext: Uint8Array }> {
  const { recipients: _, ...shared } = jwe;
  const own = { ...shared, header: recipient.header, encrypted_key: recipient.encrypted_key } as FlattenedJwe;
  try {
    const { plaintext, protectedHeader } =
      identity.kind === 'operation'
        ? await flattenedDecrypt(directly(own), await identity.unwrap(wrappedKey(own)), accepting('dir'))
        : await flattenedDecrypt(own, await unwrappingKey(identity), accepting(algorithms[identity.kind]));
    return { header: protectedHeader ?? {}, plaintext };
  } catch (cause) {
    // What a token says of itself is no word about the envelope.
    if (cause instanceof BaseError) throw cause;
    throw new CryptoError('ERR_NOT_AUTHENTIC', `${name}: altered`, { cause });
  }
}

type FlattenedJwe = Parameters<typeof flattenedDecrypt>[0];

const accepting = (algorithm: string) => ({
  keyManagementAlgorithms: [algorithm],
  contentEncryptionAlgorithms: ['A256GCM'],
});

function wrappedKey(jwe: FlattenedJwe): WrappedKey {
  const inside = JSON.parse(fromUtf8Strict(fromBase64Url(jwe.protected ?? ''))) as Record<string, unknown>;
  return {
    header: { ...inside, ...jwe.unprotected, ...jwe.header },
    encryptedKey: fromBase64Url(jwe.encrypted_key ?? ''),
  };
}

/** The rest of RFC 7516 §5.2 once the content's key is known; what is authentic is in the protected header. */
function directly(jwe: FlattenedJwe): FlattenedJwe {
  const { header: _, encrypted_key: __, unprotected: ___, ...content } = jwe;
  return { ...content, header: { alg: 'dir' } };
}

function checkKeys(
  platform: Platform,
  opened: { header: Record<string, unknown>; plaintext: Uint8Array },
  place: Omit<EnvelopePlace, 'custody'>,
  expected: ReadonlyMap<string, string>,
  name: string,
): Map<string, Uint8Array> {
  const hf = opened.header.hf as Partial<EnvelopePlace & { v: number; databases: Record<string, string> }>;
  if (
    opened.header.typ !== TYP ||
    hf?.v !== 1 ||
    hf.chain !== place.chain ||
    hf.keyring !== place.keyring ||
    hf.number !== place.number ||
    hf.side !== place.side
  )
    throw new CryptoError('ERR_NOT_AUTHENTIC', `${name}: made for another place`);

  const result = new Map<string, Uint8Array>();
  for (const [database, key] of parseKeys(opened.plaintext, name)) {
    const is = committed(platform, place, { database, key });
    const wanted = expected.get(database);
    if (
      key.length !== 32 ||
      hf.databases?.[database] !== toBase64Url(is) ||
      (wanted !== undefined && !equalBytes(fromBase64Url(wanted), is))
    )
      throw new CryptoError('ERR_COMMITMENT', `${name}: holds another key than was committed to`);
    result.set(database, key);
  }
  for (const database of expected.keys())
    if (!result.has(database)) throw new CryptoError('ERR_COMMITMENT', `${name}: a key is missing`);
  return result;
}

/**
 * Authentic by now: anything else than keys by id comes from a faulty writer. The parser's own error stays here: it
 * quotes the text, which holds keys.
 */
function parseKeys(plaintext: Uint8Array, name: string): [database: string, key: Uint8Array][] {
  try {
    const { keys } = JSON.parse(fromUtf8Strict(plaintext)) as { keys: Record<string, string> };
    return Object.entries(keys).map(([database, text]) => [database, fromBase64Url(text)]);
  } catch {
    throw new CryptoError('ERR_NOT_AUTHENTIC', `${name}: what it holds are no keys`);
  }
}

const wrappingKey = async (recipient: Recipient) =>
  recipient.kind === 'symmetric'
    ? recipient.key
    : importJWK({ ...recipient.jwk } as Parameters<typeof importJWK>[0], algorithms[recipient.kind]);

const unwrappingKey = async (identity: Exclude<Identity, { kind: 'operation' }>) =>
  identity.kind === 'symmetric'
    ? identity.key
    : importJWK({ ...identity.privateJwk } as Parameters<typeof importJWK>[0], algorithms[identity.kind]);
