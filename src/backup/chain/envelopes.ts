/** An envelope as it lies at a destination, by the hash that a manifest gives. */
import { type EnvelopePlace, MAX_ENVELOPE, openEnvelope } from '../../crypto/index.ts';
import { toBase64Url } from '../../lib/bytes.ts';
import { type ChainPlace, envelopeName, type ManifestEnvelope } from '../../set/index.ts';
import type { EngineContext } from '../contract.ts';
import { BackupError } from '../errors.ts';

/** An envelope as the manifests of its chain name it. */
export interface NamedEnvelope {
  readonly place: ChainPlace;
  /** Id of the keyring, base64url. */
  readonly keyring: string;
  readonly envelope: ManifestEnvelope;
}

/** Where its bytes lie: under its own name, or those of the one that took its place. */
export interface StoredAt {
  readonly name: string;
  readonly number: number;
  readonly hash: string;
}

export const originalOf = ({ place, keyring, envelope: { number, hash } }: NamedEnvelope): StoredAt => ({
  name: envelopeName(place, keyring, number),
  number,
  hash,
});

/** @throws BackupError `ERR_MANIFEST` when it is another one; DestinationError */
export async function fetchEnvelope(
  { destination, platform }: EngineContext,
  { name, hash }: StoredAt,
): Promise<Uint8Array> {
  const bytes = await destination.getObject(name, MAX_ENVELOPE);
  if (toBase64Url(platform.sha256(bytes)) !== hash)
    throw new BackupError('ERR_MANIFEST', `envelope ${name}: not the one that the manifest names`);
  return bytes;
}

/**
 * Its data keys, or with custody `all` shares of them, by database id; each meets the commitment in the manifest of the
 * set, whatever says where the envelope lies.
 * @throws CryptoError `ERR_NO_KEY`, `ERR_NOT_AUTHENTIC`, `ERR_COMMITMENT`
 */
export function openNamed(
  { platform, keys }: EngineContext,
  named: NamedEnvelope,
  { number }: StoredAt,
  bytes: Uint8Array,
): Promise<Map<string, Uint8Array>> {
  const { place, keyring, envelope } = named;
  const { side, databases } = envelope;
  const expected = new Map(databases.map(({ id, commitment, share }) => [id, share ?? commitment]));
  const at: Omit<EnvelopePlace, 'custody'> = { chain: place.chain, keyring, number, ...(side && { side }) };
  return openEnvelope(platform, bytes, at, expected, keys.identities());
}
