import { type Clock, systemClock } from '../../lib/clock.ts';
import type { Platform } from '../../platform/index.ts';
import {
  type AreaGrant,
  type DeviceKeys,
  type Enrolment,
  type EnrolmentRequest,
  parseSection,
  type ReportBody,
  type SectionValues,
  type ServerKeys,
} from '../../policy/message/index.ts';
import type { SigningIdentity } from '../identity/index.ts';
import { type Accepted, acceptMessage, makeReport } from './accept.ts';
import {
  type ClockCorrection,
  clockCorrections,
  clockInDoubt,
  raiseClock,
  readClock,
  TimeQuestions,
} from './clock.ts';
import { openDatabase, transaction } from './database.ts';
import { ProtectedMemoryError } from './errors.ts';
import { activeCompartment, grantsOf, type MemoryState, policyKeys, sectionText, stored } from './state.ts';
import { checkIdentity, lastEnded, required, requiredId, type Store } from './store.ts';

export interface MemoryOptions {
  /** The database file; its folder must exist and be closed to others. */
  readonly file: string;
  readonly platform: Platform;
  readonly clock?: Clock;
  /** ms by a clock that nobody can set; default: the process's own. */
  readonly monotonic?: () => number;
}

const uptime = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** An enrolment that was asked for. Kept until its answer, so that the very same request can be sent again. */
export interface PendingEnrolment {
  /** Text of the enrolment code. */
  readonly code: string;
  readonly server: ServerKeys;
  readonly request: EnrolmentRequest;
}

export class ProtectedMemory {
  readonly #store: Store;
  readonly #time: TimeQuestions;

  /** @throws ProtectedMemoryError `ERR_PROTECTED_MEMORY` */
  constructor({ file, platform, clock = systemClock, monotonic = uptime }: MemoryOptions) {
    this.#store = { db: openDatabase(file), platform, clock, monotonic };
    this.#time = new TimeQuestions(this.#store);
  }

  close(): void {
    this.#store.db.close();
  }

  get platform(): Platform {
    return this.#store.platform;
  }

  /** The time, never below the highest that was ever seen. Unix ms. */
  now(): number {
    return readClock(this.#store);
  }

  /** Whether the server is to be asked for the time. @throws ProtectedMemoryError when not enrolled */
  clockInDoubt(): boolean {
    return clockInDoubt(this.#store);
  }

  /** Opens a question for the time. @returns its nonce, for the server */
  askTime(): string {
    return this.#time.ask();
  }

  /**
   * The server's answer to the question asked last; it counts once, and for ten minutes. A clock that ran ahead is set
   * back by it, as far as what was accepted allows. @returns the correction, when there was one
   * @throws MessageError `ERR_TIME_ANSWER`
   */
  acceptTime(answer: string): Promise<ClockCorrection | undefined> {
    return this.#time.accept(answer);
  }

  /** The last corrections, oldest first. */
  clockCorrections(): readonly ClockCorrection[] {
    return clockCorrections(this.#store.db);
  }

  state(): MemoryState {
    const held = activeCompartment(this.#store.db);
    if (held) {
      const { enrolment, seq, iat, exp } = held;
      return { kind: 'enrolled', enrolment, seq, iat, exp, stale: this.now() >= exp };
    }
    if (this.pending()) return { kind: 'pending' };
    const ended = lastEnded(this.#store.db);
    if (!ended) return { kind: 'none' };
    const { server, url, user, device, at } = ended;
    return { kind: 'ended', server, url, user, device, at };
  }

  // Enrolment

  /** @throws ProtectedMemoryError `ERR_ALREADY_ENROLLED` */
  refuseSecond(): void {
    const held = activeCompartment(this.#store.db);
    if (!held) return;
    const { server, user } = held.enrolment;
    throw new ProtectedMemoryError(
      'ERR_ALREADY_ENROLLED',
      `This device is enrolled for ${user.name} at ${server.url}; that server has to end it first.`,
    );
  }

  /** Keeps a request before it is sent. @throws ProtectedMemoryError `ERR_ALREADY_ENROLLED` */
  begin(pending: PendingEnrolment): void {
    const { db } = this.#store;
    transaction(db, () => {
      this.refuseSecond();
      db.prepare('INSERT OR REPLACE INTO pending VALUES (1, ?)').run(JSON.stringify(pending));
    });
  }

  pending(): PendingEnrolment | undefined {
    const row = this.#store.db.prepare('SELECT value FROM pending').get();
    return row && stored<PendingEnrolment>(row.value, 'pending enrolment');
  }

  /** Forgets a request that was refused for good. */
  abandon(): void {
    this.#store.db.prepare('DELETE FROM pending').run();
  }

  /** Opens the compartment for a checked answer. @throws ProtectedMemoryError `ERR_ALREADY_ENROLLED` */
  enrol(enrolment: Enrolment, keys: DeviceKeys): void {
    const { db } = this.#store;
    checkIdentity(enrolment, keys);
    transaction(db, () => {
      this.refuseSecond();
      const { server, user } = enrolment;
      const made = db
        .prepare("INSERT INTO compartment (state, server, user, enrolment) VALUES ('active', ?, ?, ?)")
        .run(server.id, user.id, JSON.stringify(enrolment));
      db.prepare('INSERT INTO message_key VALUES (?, 0, ?)').run(
        made.lastInsertRowid,
        JSON.stringify(keys.messageKey),
      );
      db.exec('DELETE FROM pending');
      raiseClock(db, enrolment.iat);
    });
  }

  // Messages

  /**
   * Checks a sealed policy message and, when it passes, stores everything of it in one transaction. What is
   * returned is to be reported; a refused message has changed nothing.
   * @throws ProtectedMemoryError `ERR_NOT_ENROLLED`, `ERR_DEVICE_ENDED`, `ERR_OTHER_IDENTITY`
   */
  accept(sealed: string, keys: SigningIdentity): Promise<Accepted> {
    return acceptMessage(this.#store, sealed, keys);
  }

  /** A signed and sealed report to the server. */
  report(body: ReportBody, keys: SigningIdentity): Promise<string> {
    return makeReport(this.#store, body, keys);
  }

  /** The acknowledgement given last, also of a device that was ended by it. */
  acknowledgement(): string | undefined {
    const { db } = this.#store;
    return (activeCompartment(db) ?? lastEnded(db))?.acknowledgement;
  }

  // What was accepted

  enrolment(): Enrolment {
    return required(this.#store).enrolment;
  }

  /** @throws ProtectedMemoryError `ERR_NO_POLICY` before the first message */
  rules(): SectionValues['rules'] {
    return this.#section('rules');
  }

  /** @throws ProtectedMemoryError `ERR_NO_POLICY` before the first message */
  trust(): SectionValues['trust'] {
    return this.#section('trust');
  }

  /** Access to storage areas, valid as long as the message accepted last. */
  grants(): readonly AreaGrant[] {
    return grantsOf(this.#store.db, requiredId(this.#store));
  }

  encryptionKeys(): SectionValues['encryptionKeys'] {
    return policyKeys(this.#store.db, requiredId(this.#store), 'encrypt');
  }

  decryptionKeys(): SectionValues['decryptionKeys'] {
    return policyKeys(this.#store.db, requiredId(this.#store), 'decrypt');
  }

  /** Data keys in use on a chain; an erasure of policy keys takes them too. */
  keyring(chain: string): Uint8Array | undefined {
    const id = requiredId(this.#store);
    const row = this.#store.db
      .prepare('SELECT state FROM keyring WHERE compartment = ? AND chain = ?')
      .get(id, chain);
    return row?.state instanceof Uint8Array ? row.state : undefined;
  }

  keepKeyring(chain: string, state: Uint8Array): void {
    const id = requiredId(this.#store);
    this.#store.db.prepare('INSERT OR REPLACE INTO keyring VALUES (?, ?, ?)').run(id, chain, state);
  }

  /** They are overwritten in the file, like everything that is deleted from it. */
  forgetKeyring(chain: string): void {
    const id = requiredId(this.#store);
    this.#store.db.prepare('DELETE FROM keyring WHERE compartment = ? AND chain = ?').run(id, chain);
  }

  /** Of all chains: whoever could open them and is to no more. */
  forgetKeyrings(): void {
    const id = requiredId(this.#store);
    this.#store.db.prepare('DELETE FROM keyring WHERE compartment = ?').run(id);
  }

  #section<S extends 'rules' | 'trust'>(name: S): SectionValues[S] {
    const found = sectionText(this.#store.db, requiredId(this.#store), name);
    if (found !== undefined) return parseSection(name, found);
    throw new ProtectedMemoryError(
      'ERR_NO_POLICY',
      'No policy has reached this device yet. Fetch it from the server.',
    );
  }
}
