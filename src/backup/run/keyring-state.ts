/** The data keys in use on a chain, as custody keeps them. */
import type { Side } from '../../crypto/index.ts';
import { fromUtf8Strict } from '../../lib/bytes.ts';
import type { Custody } from '../../policy/rules/index.ts';
import { type ManifestEnvelope, SETS_PER_KEYRING } from '../../set/index.ts';
import type { UnitKey } from '../catalogue.ts';
import type { EngineContext } from '../contract.ts';

/** The data key of a database and class under a recipient list. */
export interface KeyringUnit extends UnitKey {
  /** Database id, base64url. */
  readonly id: string;
  /** Data key, base64url. */
  readonly key: string;
  /** With custody `all`: the shares that give it, base64url. */
  readonly shares?: { readonly [S in Side]: string };
  readonly custody: Custody;
  /** Thumbprints of the recipients, ascending; with custody `all` behind their side. */
  readonly recipients: readonly string[];
}

export interface StoredEnvelope extends ManifestEnvelope {
  /** The envelope itself until the destination has it: sealed anew, it would be another one under that name. */
  readonly bytes?: string;
}

export interface KeyringState {
  readonly id: string;
  /** Sets that were closed under it, or were about to be. */
  readonly sets: number;
  /** The one of them that was counted last. */
  readonly counted?: string;
  readonly units: readonly KeyringUnit[];
  readonly envelopes: readonly StoredEnvelope[];
}

/**
 * The data keys in use on a chain, if there are any. Those that are used up, or cannot be read, are gone when this
 * returns: their envelopes have them.
 */
export function keyringInUse(context: EngineContext, chain: string): KeyringState | undefined {
  const kept = context.keys.keyring(chain);
  if (!kept) return undefined;
  const state = read(kept);
  if (state && state.sets < SETS_PER_KEYRING) return state;
  context.keys.forgetKeyring(chain);
  if (!state)
    context.report({
      kind: 'notice',
      code: 'KEYRING_UNREADABLE',
      message: `the data keys that this device kept for chain ${chain} cannot be read: new ones are made`,
    });
  return undefined;
}

/** What a parser would say stays here: it quotes the text, which holds keys. */
function read(kept: Uint8Array): KeyringState | undefined {
  try {
    const state = JSON.parse(fromUtf8Strict(kept)) as KeyringState;
    const whole = typeof state.id === 'string' && Number.isSafeInteger(state.sets);
    return whole && Array.isArray(state.units) && Array.isArray(state.envelopes) ? state : undefined;
  } catch {
    return undefined;
  }
}
