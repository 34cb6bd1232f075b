import { CryptoError, commitment, type DataKey, type Recipient, sealEnvelope } from '../../crypto/index.ts';
import { ByteReader } from '../../lib/binary.ts';
import { fromBase64Url, fromUtf8Strict, toBase64Url, utf8 } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';
import type { Custody } from '../../policy/rules/index.ts';
import {
  type ChainPlace,
  DestinationError,
  envelopeName,
  type Manifest,
  type ManifestEnvelope,
  SETS_PER_KEYRING,
  type SegmentTable,
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
  /** Sets that were closed under it, or were about to be. */
  readonly sets: number;
  /** The one of them that was counted last. */
  readonly counted?: string;
  readonly units: readonly KeyringUnit[];
  readonly envelopes: readonly StoredEnvelope[];
}

/** Numbers that are tried for one envelope: nobody but the storage can know the second. */
const MOST_TRIES = 4;

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
    const state = keyringInUse(context, chain);
    this.#kept = state !== undefined;
    this.#state = state ?? this.#fresh();
  }

  #fresh(): KeyringState {
    return { id: toBase64Url(this.#context.platform.random(16)), sets: 0, units: [], envelopes: [] };
  }

  /** Whether it has the data keys of segments. */
  holds(segments: readonly SegmentTable[]): boolean {
    const ids = new Set(this.#state.units.map(({ id }) => id));
    return segments.every(({ database }) => ids.has(toBase64Url(database)));
  }

  /** Another one takes its place. */
  replace(): void {
    this.#context.keys.forgetKeyring(this.#chain);
    this.#kept = false;
    this.#state = this.#fresh();
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

  /** Seals envelopes for the data keys that no envelope holds yet, and stores those that the destination does not have. */
  async storeEnvelopes(place: ChainPlace): Promise<void> {
    for (let conflicts = 0; ; ) {
      await this.#sealOpen(conflicts > 0);
      const waiting = this.#state.envelopes.find((one) => one.bytes !== undefined);
      if (!waiting) return;
      try {
        await this.#store(place, waiting);
      } catch (error) {
        if (!isConflict(error) || ++conflicts >= MOST_TRIES) throw error;
        this.#giveUp(waiting);
      }
    }
  }

  /** @param again a number was taken: those that follow it may be, too */
  async #sealOpen(again: boolean): Promise<void> {
    const { platform } = this.#context;
    const sealed = new Set(this.#state.envelopes.flatMap((one) => one.databases.map(({ id }) => id)));
    const open = this.#state.units.filter((unit) => !sealed.has(unit.id));
    for (const [list, units] of Map.groupBy(open, (unit) => `${unit.custody} ${unit.recipients.join()}`)) {
      const recipients = this.#recipients.get(units[0]!.recipients.join());
      if (!recipients) continue; // of an earlier run that was begun anew: nothing of this set lies under them
      const number = again ? randomNumber(platform) : this.#state.envelopes.length;
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
  }

  async #store(place: ChainPlace, envelope: StoredEnvelope): Promise<void> {
    const { bytes, ...stored } = envelope;
    const name = envelopeName(place, this.id, envelope.number);
    await this.#context.destination.putObject(name, 'envelope', fromBase64Url(bytes!));
    const envelopes = this.#state.envelopes.map((one) => (one === envelope ? stored : one));
    this.#keep({ ...this.#state, envelopes });
  }

  /**
   * Another envelope has its number: protected memory is an older copy, and its keyring went on without it. The data
   * keys are sealed again under a number of their own, and this is the last set under a keyring that went two ways.
   */
  #giveUp(envelope: StoredEnvelope): void {
    const envelopes = this.#state.envelopes.filter((one) => one !== envelope);
    this.#keep({ ...this.#state, sets: Math.max(this.#state.sets, SETS_PER_KEYRING - 1), envelopes });
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

  /**
   * The manifest of a set is about to be kept and sent. Counted before it is: whatever breaks off then, the set may exist.
   */
  count(set: string): void {
    if (!this.#kept || this.#state.counted === set) return;
    this.#keep({ ...this.#state, sets: this.#state.sets + 1, counted: set });
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

const isConflict = (error: unknown): boolean =>
  error instanceof DestinationError && error.code === 'ERR_OBJECT_CONFLICT';

const randomNumber = ({ random }: Platform): number => new ByteReader(random(4)).u32();
