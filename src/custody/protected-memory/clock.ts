/**
 * The clock of protected memory: the system's, but never below the highest time that was seen, so that setting it back
 * revives no expired policy. Only the server can say that it ran ahead.
 */
import type { DatabaseSync } from 'node:sqlite';
import { MessageError, newId, openTimeAnswer } from '../../policy/message/index.ts';
import { transaction } from './database.ts';
import { number } from './state.ts';
import { required, type Store } from './store.ts';

/** How far the clock may run before its reading is written down, ms. */
const CLOCK_STEP = 60_000;
/** So long an answer about the time is waited for, and so far the clock may be behind without a question, ms. */
const TEN_MINUTES = 10 * 60_000;
/** So many corrections are remembered. */
const REMEMBERED = 10;

/** Unix ms. */
export function readClock({ db, clock }: Store): number {
  const highest = highestSeen(db);
  const reading = Math.trunc(clock());
  if (reading > highest + CLOCK_STEP) raiseClock(db, reading);
  return Math.max(reading, highest);
}

export function raiseClock(db: DatabaseSync, to: number): void {
  db.prepare('UPDATE clock SET highest = max(highest, ?)').run(to);
}

const highestSeen = (db: DatabaseSync): number =>
  number(db.prepare('SELECT highest FROM clock').get()?.highest);

/** May the highest time seen be wrong? Then the message held seems expired, or the system's clock is far behind it. */
export function clockInDoubt(store: Store): boolean {
  const { seq, exp } = required(store);
  const expired = seq > 0 && readClock(store) >= exp;
  return expired || highestSeen(store.db) - Math.trunc(store.clock()) > TEN_MINUTES;
}

/** The highest time seen was lowered. Unix ms. */
export interface ClockCorrection {
  readonly before: number;
  readonly after: number;
}

/** The question for the time that is open, if there is one. It does not outlive the process. */
export class TimeQuestions {
  readonly #store: Store;
  #open: { readonly nonce: string; readonly at: number } | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A nonce for the server; the question before it is closed. */
  ask(): string {
    const { platform, monotonic } = this.#store;
    this.#open = { nonce: newId(platform), at: monotonic() };
    return this.#open.nonce;
  }

  /**
   * The server's answer to the open question, which is closed by it, whatever it says.
   * @throws MessageError `ERR_TIME_ANSWER`; nothing has changed then
   */
  async accept(answer: string): Promise<ClockCorrection | undefined> {
    const question = this.#open;
    this.#open = undefined;
    if (!question) throw refused('there is no question open for it');
    const { server, device } = required(this.#store).enrolment;
    const time = await openTimeAnswer(server.identityKey, answer, { device, nonce: question.nonce });
    if (this.#store.monotonic() - question.at > TEN_MINUTES)
      throw refused('it came more than ten minutes late');
    return transaction(this.#store.db, () => correct(this.#store, time));
  }
}

const refused = (why: string) =>
  new MessageError('ERR_TIME_ANSWER', `The server's answer about the time is refused: ${why}.`);

function correct(store: Store, time: number): ClockCorrection | undefined {
  const { db } = store;
  const { iat, enrolment } = required(store);
  // Never below what was accepted: whatever is older than that stays older.
  const after = Math.max(time, iat, enrolment.iat);
  const before = highestSeen(db);
  db.prepare('UPDATE clock SET highest = ?').run(after);
  if (after >= before) return undefined;
  db.prepare('INSERT INTO clock_correction (before, after) VALUES (?, ?)').run(before, after);
  db.prepare('DELETE FROM clock_correction WHERE id <= (SELECT max(id) FROM clock_correction) - ?').run(
    REMEMBERED,
  );
  return { before, after };
}

/** The newest ones, oldest first. */
export const clockCorrections = (db: DatabaseSync): ClockCorrection[] =>
  db
    .prepare('SELECT before, after FROM clock_correction ORDER BY id')
    .all()
    .map(({ before, after }) => ({ before: number(before), after: number(after) }));
