/** The keys of this device as the engine may use them: its `KeyHolder`. */
import { CryptoError, type Identity, type Recipient, type Side } from '../../crypto/index.ts';
import type { ItemClass } from '../../database/index.ts';
import { fromBase64Url, toBase64Url, utf8 } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';
import type { PolicyKey } from '../../policy/message/index.ts';
import type { Custody, Encrypt } from '../../policy/rules/index.ts';
import { type SigningIdentity, signForEngine } from '../identity/index.ts';
import { recipientsBy } from '../owner/index.ts';
import type { ProtectedMemory } from './memory.ts';
import { checkIdentity } from './store.ts';

interface KeyUse {
  readonly database: string;
  readonly class: ItemClass;
  readonly encrypt: Exclude<Encrypt, 'none'>;
  readonly custody: Custody;
  readonly side?: Side;
}

/** The user's own keys on this device; no policy message says anything about them (U1). */
export interface OwnSide {
  /** All ways in of the owner record that this device trusts. */
  readonly recipients: readonly Recipient[];
  /** Ways in that are at hand. */
  readonly identities: readonly Identity[];
}

const none: OwnSide = { recipients: [], identities: [] };

export class ProtectedKeys {
  readonly device: string;
  readonly #memory: ProtectedMemory;
  readonly #keys: SigningIdentity;
  readonly #own: OwnSide;

  /** @throws ProtectedMemoryError when not enrolled, or with other keys than these */
  constructor(memory: ProtectedMemory, keys: SigningIdentity, own: OwnSide = none) {
    checkIdentity(memory.enrolment(), keys);
    this.device = keys.device;
    this.#memory = memory;
    this.#keys = keys;
    this.#own = own;
  }

  /** Signs a manifest, or a proof for a storage area: compact JWS (EdDSA), `kid` = RFC 7638 thumbprint. */
  sign(typ: string, payload: Uint8Array): Promise<string> {
    return signForEngine(this.#keys, typ, payload);
  }

  /** By custody the policy key for a database and class (B6), and the user's ways in. @throws CryptoError `ERR_NO_KEY` */
  recipients(use: KeyUse): readonly Recipient[] {
    return recipientsBy(use.custody, use.side, {
      company: () => this.#ofCompany(use),
      user: () => this.#ofUser(use),
    });
  }

  #ofUser({ custody, database }: KeyUse): readonly Recipient[] {
    if (this.#own.recipients.length > 0) return this.#own.recipients;
    const what = `Custody "${custody}" of database "${database}" needs a key of the user's own`;
    throw new CryptoError('ERR_NO_KEY', `${what}, and this device has none; run: holdfast wim use`);
  }

  #ofCompany(use: KeyUse): readonly Recipient[] {
    const found = this.#memory
      .encryptionKeys()
      .find((key) => key.use === use.encrypt && (key.use !== 'database' || key.database === use.database));
    if (found) return [asRecipient(this.#memory.platform, found)];
    const state = this.#memory.state();
    const message = state.kind === 'enrolled' ? `message ${state.seq}` : 'no message';
    throw new CryptoError(
      'ERR_NO_KEY',
      `The policy in force (${message}) wants database "${use.database}" encrypted for "${use.encrypt}", but the server sent no such key. Refresh, or ask the administrator.`,
    );
  }

  /** Every policy key that may open, also of older epochs, and the ways in that are at hand. */
  identities(): readonly Identity[] {
    const policy = this.#memory.decryptionKeys().map((key) => asIdentity(this.#memory.platform, key));
    return [...policy, ...this.#own.identities];
  }

  keyring(chain: string): Uint8Array | undefined {
    return this.#memory.keyring(chain);
  }

  keepKeyring(chain: string, state: Uint8Array): void {
    this.#memory.keepKeyring(chain, state);
  }

  forgetKeyring(chain: string): void {
    this.#memory.forgetKeyring(chain);
  }
}

function asRecipient(platform: Platform, { k, jwk = {} }: PolicyKey): Recipient {
  const thumbprint = thumbprintOf(platform, k, jwk);
  if (k !== undefined) return { kind: 'symmetric', thumbprint, key: fromBase64Url(k) };
  const { kty, crv, x, y, n, e } = jwk as Record<string, string>;
  if (kty === 'EC') return { kind: 'ec', thumbprint, jwk: { kty, crv, x, y } as JsonWebKey };
  return { kind: 'rsa', thumbprint, jwk: { kty, n, e } as JsonWebKey };
}

function asIdentity(platform: Platform, { k, jwk = {} }: PolicyKey): Identity {
  const thumbprint = thumbprintOf(platform, k, jwk);
  if (k !== undefined) return { kind: 'symmetric', thumbprint, key: fromBase64Url(k) };
  return { kind: jwk.kty === 'EC' ? 'ec' : 'rsa', thumbprint, privateJwk: jwk };
}

/** RFC 7638 §3.2 and RFC 8037 §2, without waiting: the required members in alphabetical order. */
function thumbprintOf(platform: Platform, k: string | undefined, jwk: Readonly<JsonWebKey>): string {
  const { crv, e, kty, n, x, y } = jwk;
  const members = k !== undefined ? { k, kty: 'oct' } : kty === 'EC' ? { crv, kty, x, y } : { e, kty, n };
  return toBase64Url(platform.sha256(utf8(JSON.stringify(members))));
}
