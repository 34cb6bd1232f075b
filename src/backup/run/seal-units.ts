/** Envelopes for data keys that lie under the same recipient list. */
import {
  commitment,
  type DataKey,
  type Recipient,
  type Side,
  sealEnvelope,
  shareCommitment,
} from '../../crypto/index.ts';
import { fromBase64Url, toBase64Url } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';
import type { KeyringUnit, StoredEnvelope } from './keyring-state.ts';

/** Who may open: one list, or with custody `all` one of each side, and no owner on both (U1). */
export interface RecipientList {
  readonly side?: Side;
  readonly recipients: readonly Recipient[];
}

/** As text: what is the same list has the same. */
export const listOf = (lists: readonly RecipientList[]): string[] =>
  lists.flatMap(({ side, recipients }) =>
    recipients.map(({ thumbprint }) => (side ? `${side} ${thumbprint}` : thumbprint)).sort(),
  );

interface EnvelopeNumber {
  /** Base64url. */
  readonly chain: string;
  readonly keyring: string;
  /** Of the first envelope; a second one has the next. */
  readonly number: number;
}

/** One envelope, or one for each side. */
export function sealUnits(
  platform: Platform,
  { number, ...place }: EnvelopeNumber,
  units: readonly KeyringUnit[],
  lists: readonly RecipientList[],
): Promise<StoredEnvelope[]> {
  const { custody } = units[0]!;
  return Promise.all(
    lists.map(async ({ side, recipients }, i): Promise<StoredEnvelope> => {
      const keys: DataKey[] = units.map(({ id, key, shares }) => ({
        database: id,
        key: fromBase64Url(side ? shares![side] : key),
      }));
      const whose = side && { side };
      const bytes = await sealEnvelope(
        platform,
        { ...place, number: number + i, custody, ...whose },
        keys,
        recipients,
      );
      return {
        number: number + i,
        hash: toBase64Url(platform.sha256(bytes)),
        ...whose,
        databases: units.map((unit) => committed(platform, place.chain, unit, side)),
        bytes: toBase64Url(bytes),
      };
    }),
  );
}

function committed(
  platform: Platform,
  chain: string,
  { id, key, shares }: KeyringUnit,
  side: Side | undefined,
): StoredEnvelope['databases'][number] {
  const [of, at] = [fromBase64Url(chain), fromBase64Url(id)];
  const whole = { id, commitment: toBase64Url(commitment(platform, fromBase64Url(key), of, at)) };
  if (!side) return whole;
  const share = fromBase64Url(shares![side]);
  return { ...whole, share: toBase64Url(shareCommitment(platform, share, of, at, side)) };
}
