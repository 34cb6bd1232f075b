import { concat, utf8 } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';

/**
 * Commitment to a data key: AES-GCM is not key-committing, so the key is pinned by a value that only it gives.
 * HKDF-SHA256 over the key, bound to chain and database id; 32 bytes.
 */
export const commitment = (
  platform: Platform,
  key: Uint8Array,
  chain: Uint8Array,
  database: Uint8Array,
): Uint8Array => platform.hkdf(key, EMPTY, concat(utf8('holdfast/1 commitment'), chain, database), 32);

const EMPTY = new Uint8Array(0);
