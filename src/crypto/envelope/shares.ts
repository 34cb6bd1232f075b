import { concat, utf8 } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';

/** With custody `all` the company and the user hold a random share each, in an envelope each. */
export type Side = 'company' | 'user';

/** The data key that two shares give together: neither says anything about it alone. Ids are 16 bytes. */
export const joinShares = (
  platform: Platform,
  shares: { readonly [S in Side]: Uint8Array },
  keyring: Uint8Array,
  database: Uint8Array,
): Uint8Array =>
  platform.hkdf(
    concat(shares.company, shares.user),
    EMPTY,
    concat(utf8('holdfast/1 shares'), keyring, database),
    32,
  );

/** Commitment to a share, bound to chain, database id and side; 32 bytes. */
export const shareCommitment = (
  platform: Platform,
  share: Uint8Array,
  chain: Uint8Array,
  database: Uint8Array,
  side: Side,
): Uint8Array =>
  platform.hkdf(share, EMPTY, concat(utf8('holdfast/1 share commitment'), chain, database, utf8(side)), 32);

const EMPTY = new Uint8Array(0);
