import { CryptoError, joinShares } from '../../crypto/index.ts';
import { ByteReader } from '../../lib/binary.ts';
import { fromBase64Url, toBase64Url, utf8 } from '../../lib/bytes.ts';
import type { Platform } from '../../platform/index.ts';
import type { Custody } from '../../policy/rules/index.ts';
import {
  type ChainPlace,
  DestinationError,
  envelopeName,
  type Manifest,
  SETS_PER_KEYRING,
  type SegmentTable,
} from '../../set/index.ts';
import type { UnitKey } from '../catalogue.ts';
import type { EngineContext } from '../contract.ts';
import { type KeyringState, type KeyringUnit, keyringInUse, type StoredEnvelope } from './keyring-state.ts';
import { listOf, type RecipientList, sealUnits } from './seal-units.ts';

/** Numbers that are tried for one envelope: nobody but the storage can know the second. */
const MOST_TRIES = 4;

/**
 * The data keys in use on a chain. Kept by custody before anything is sealed under them; replaced after
 * {@link SETS_PER_KEYRING} sets. Other recipients for a database mean another id and key for it.
 */
export class Keyring {
  readonly #context: EngineContext;
  readonly #chain: string;
  #state: KeyringState;
  #kept: boolean;
  readonly #lists = new Map<string, readonly RecipientList[]>();

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
    lists: readonly RecipientList[],
  ): { id: Uint8Array; key: Uint8Array } {
    const recipients = listOf(lists);
    const list = recipients.join();
    let found = this.#state.units.findLast(
      (one) =>
        one.database === unit.database &&
        one.class === unit.class &&
        one.custody === custody &&
        one.recipients.join() === list,
    );
    if (!found) {
      const { database, class: itemClass } = unit;
      found = { database, class: itemClass, ...this.#newKey(custody), custody, recipients };
      this.#keep({ ...this.#state, units: [...this.#state.units, found] });
    }
    this.#lists.set(list, lists);
    return { id: fromBase64Url(found.id), key: fromBase64Url(found.key) };
  }

  #newKey(custody: Custody): Pick<KeyringUnit, 'id' | 'key' | 'shares'> {
    const { platform } = this.#context;
    const id = platform.random(16);
    if (custody !== 'all') return { id: toBase64Url(id), key: toBase64Url(platform.random(32)) };
    const shares = { company: platform.random(32), user: platform.random(32) };
    return {
      id: toBase64Url(id),
      key: toBase64Url(joinShares(platform, shares, fromBase64Url(this.id), id)),
      shares: { company: toBase64Url(shares.company), user: toBase64Url(shares.user) },
    };
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
    for (const units of Map.groupBy(open, (unit) => `${unit.custody} ${unit.recipients.join()}`).values()) {
      const lists = this.#lists.get(units[0]!.recipients.join());
      if (!lists) continue; // of an earlier run that was begun anew: nothing of this set lies under them
      const { envelopes } = this.#state;
      const number = again ? randomNumber(platform) : envelopes.length;
      const place = { chain: this.#chain, keyring: this.id, number };
      const more = await sealUnits(platform, place, units, lists);
      // Both sides of `all` at once: one without the other opens nothing.
      this.#keep({ ...this.#state, envelopes: [...envelopes, ...more] });
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
    const databases = new Set(envelope.databases.map(({ id }) => id));
    const envelopes = this.#state.envelopes.filter(
      (one) => !one.databases.some(({ id }) => databases.has(id)),
    );
    this.#keep({ ...this.#state, sets: Math.max(this.#state.sets, SETS_PER_KEYRING - 1), envelopes });
  }

  /** As the manifest names it. */
  manifest(): Manifest['keyring'] {
    const envelopes = this.#state.envelopes.map(({ bytes: _, ...envelope }) => envelope);
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
