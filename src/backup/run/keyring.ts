import { CryptoError, commitment, type DataKey, type Recipient, sealEnvelope } from '../../crypto/index.ts';
import { fromBase64Url, fromUtf8Strict, toBase64Url, utf8 } from '../../lib/bytes.ts';
import type { Custody } from '../../policy/rules/index.ts';
import {
  type ChainPlace,
  envelopeName,
  type Manifest,
  type ManifestEnvelope,
  SETS_PER_KEYRING,
} from '../../set/index.ts';
import type { UnitKey } from '../catalogue.ts';
import type { EngineContext } from '../contract.ts';

/** The data key of a database and class under a recipient list. */
interface KeyringUnit extends UnitKey {
  /** Database id, base64url. */
  readonly id: string;
  /** Data key, base64url. */
  readonly key: string;
  readonly custody: Custody;
  /** Thumbprints of the recipients, ascending. */
  readonly recipients: readonly string[];
}

interface StoredEnvelope extends ManifestEnvelope {
  /** The envelope itself until the destination has it: sealed anew, it would be another one under that name. */
  readonly bytes?: string;
}

interface KeyringState {
  readonly id: string;
  /** Sets closed under it. */
  readonly sets: number;
  readonly units: readonly KeyringUnit[];
  readonly envelopes: readonly StoredEnvelope[];
}

/**
 * The data keys in use on a chain. Kept by custody before anything is sealed under them; replaced after
 * {@link SETS_PER_KEYRING} sets. Other recipients for a database mean another id and key for it.
 */
export class Keyring {
  readonly #context: EngineContext;
  readonly #chain: string;
  #state: KeyringState;
  #kept: boolean;
  readonly #recipients = new Map<string, readonly Recipient[]>();

  constructor(context: EngineContext, chain: string) {
    this.#context = context;
    this.#chain = chain;
    const kept = context.keys.keyring(chain);
    this.#kept = kept !== undefined;
    const state = kept && (JSON.parse(fromUtf8Strict(kept)) as KeyringState);
    this.#state =
      state && state.sets < SETS_PER_KEYRING
        ? state
        : { id: toBase64Url(context.platform.random(16)), sets: 0, units: [], envelopes: [] };
  }

  get id(): string {
    return this.#state.id;
  }

  /** The database id and data key of a unit; made when there is none for these recipients. */
  unit(
    unit: UnitKey,
    custody: Custody,
    recipients: readonly Recipient[],
  ): { id: Uint8Array; key: Uint8Array } {
    const thumbprints = recipients.map((recipient) => recipient.thumbprint).sort();
    const list = thumbprints.join();
    let found = this.#state.units.findLast(
      (one) =>
        one.database === unit.database &&
        one.class === unit.class &&
        one.custody === custody &&
        one.recipients.join() === list,
    );
    if (!found) {
      const { platform } = this.#context;
      found = {
        database: unit.database,
        class: unit.class,
        id: toBase64Url(platform.random(16)),
        key: toBase64Url(platform.random(32)),
        custody,
        recipients: thumbprints,
      };
      this.#keep({ ...this.#state, units: [...this.#state.units, found] });
    }
    this.#recipients.set(list, recipients);
    return { id: fromBase64Url(found.id), key: fromBase64Url(found.key) };
  }

  /** Seals and stores envelopes for the data keys that no envelope holds yet. */
  async storeEnvelopes(place: ChainPlace): Promise<void> {
    const { platform } = this.#context;
    const sealed = new Set(this.#state.envelopes.flatMap((one) => one.databases.map(({ id }) => id)));
    const open = this.#state.units.filter((unit) => !sealed.has(unit.id));
    for (const [list, units] of Map.groupBy(open, (unit) => `${unit.custody} ${unit.recipients.join()}`)) {
      const recipients = this.#recipients.get(units[0]!.recipients.join());
      if (!recipients) continue; // of an earlier run that was begun anew: nothing of this set lies under them
      const number = this.#state.envelopes.length;
      const keys: DataKey[] = units.map(({ id, key }) => ({ database: id, key: fromBase64Url(key) }));
      const custody = list.split(' ', 1)[0] as Custody;
      const bytes = await sealEnvelope(
        platform,
        { chain: this.#chain, keyring: this.id, number, custody },
        keys,
        recipients,
      );
      const envelope: StoredEnvelope = {
        number,
        hash: toBase64Url(platform.sha256(bytes)),
        databases: keys.map(({ database, key }) => ({
          id: database,
          commitment: toBase64Url(
            commitment(platform, key, fromBase64Url(this.#chain), fromBase64Url(database)),
          ),
        })),
        bytes: toBase64Url(bytes),
      };
      this.#keep({ ...this.#state, envelopes: [...this.#state.envelopes, envelope] });
    }
    for (const envelope of this.#state.envelopes) {
      if (envelope.bytes === undefined) continue;
      const name = envelopeName(place, this.id, envelope.number);
      await this.#context.destination.putObject(name, 'envelope', fromBase64Url(envelope.bytes));
      const { bytes: _, ...stored } = envelope;
      const envelopes = this.#state.envelopes.map((one) => (one === envelope ? stored : one));
      this.#keep({ ...this.#state, envelopes });
    }
  }

  /** As the manifest names it. */
  manifest(): Manifest['keyring'] {
    const envelopes = this.#state.envelopes.map(({ number, hash, databases }) => ({
      number,
      hash,
      databases,
    }));
    return { id: this.id, envelopes };
  }

  /** A set was closed under it. */
  closed(): void {
    this.#keep({ ...this.#state, sets: this.#state.sets + 1 });
  }

  #keep(state: KeyringState): void {
    // B7: a policy message may have erased the keys while the run went on; they are not put back.
    if (this.#kept && !this.#context.keys.keyring(this.#chain))
      throw new CryptoError(
        'ERR_NO_KEY',
        'the keys in use were erased by a policy message; start the backup again',
      );
    this.#kept = true;
    this.#state = state;
    this.#context.keys.keepKeyring(this.#chain, utf8(JSON.stringify(state)));
  }
}
