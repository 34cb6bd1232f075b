/** The keys of a device without a server, as the engine may use them: its `KeyHolder`. */
import { CryptoError, type Identity, type Recipient, type Side } from '../../crypto/index.ts';
import type { Custody } from '../../policy/rules/index.ts';
import { type SigningIdentity, signForEngine } from '../identity/index.ts';
import { OwnerMemoryError } from './errors.ts';
import type { OwnerMemory } from './memory.ts';
import { recipientsBy, userRecipients } from './recipients.ts';

interface KeyUse {
  readonly database: string;
  readonly custody: Custody;
  readonly side?: Side;
}

export class OwnerKeys {
  readonly device: string;
  readonly #memory: OwnerMemory;
  readonly #keys: SigningIdentity;
  readonly #user: readonly Recipient[];
  readonly #identities: readonly Identity[];

  private constructor(
    memory: OwnerMemory,
    keys: SigningIdentity,
    user: readonly Recipient[],
    identities: readonly Identity[],
  ) {
    this.device = keys.device;
    this.#memory = memory;
    this.#keys = keys;
    this.#user = user;
    this.#identities = identities;
  }

  /**
   * @param identities ways in that are here: none are needed to back up
   * @throws OwnerMemoryError when this is none of the owner's devices
   */
  static async open(
    memory: OwnerMemory,
    keys: SigningIdentity,
    identities: readonly Identity[] = [],
  ): Promise<OwnerKeys> {
    const record = memory.record();
    const listed = record.devices.find(({ id }) => id === keys.device);
    if (!listed || listed.state === 'ended' || listed.jwk.x !== keys.signingKey.x)
      throw new OwnerMemoryError(
        'ERR_NOT_OWNERS_DEVICE',
        listed?.state === 'ended'
          ? 'The owner has ended this device.'
          : 'The owner record does not list this device: what it stores would not count.',
      );
    return new OwnerKeys(memory, keys, await userRecipients(record), identities);
  }

  /** Signs a manifest, or a proof for a storage area: compact JWS (EdDSA), `kid` = RFC 7638 thumbprint. */
  sign(typ: string, payload: Uint8Array): Promise<string> {
    return signForEngine(this.#keys, typ, payload);
  }

  /** @throws CryptoError `ERR_NO_KEY` */
  recipients({ custody, database, side }: KeyUse): readonly Recipient[] {
    return recipientsBy(custody, side, {
      user: () => this.#user,
      company() {
        const message = `Custody "${custody}" of database "${database}" needs a key of a company, and this device has no server.`;
        throw new CryptoError('ERR_NO_KEY', message);
      },
    });
  }

  /** @throws CryptoError `ERR_NO_KEY` when no way in is here */
  identities(): readonly Identity[] {
    if (this.#identities.length > 0) return this.#identities;
    const ways = this.#memory.record().ways.map(({ name }) => name);
    throw new CryptoError(
      'ERR_NO_KEY',
      `To open what is stored, a way in has to be at hand (--wim): ${ways.join(', ')}.`,
    );
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
