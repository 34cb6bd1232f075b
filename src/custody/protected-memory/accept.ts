/** Accepting a policy message: check, plan, acknowledge, commit; and reports about it (B2, B3, B7). */
import {
  composeReport,
  generateMessageKey,
  MessageError,
  nextSequence,
  openMessage,
  parseSection,
  type ReportBody,
} from '../../policy/message/index.ts';
import type { SigningIdentity } from '../identity/index.ts';
import { readClock } from './clock.ts';
import { commitAcceptance } from './commit.ts';
import { transaction } from './database.ts';
import { planAcceptance } from './plan.ts';
import { type Compartment, sectionText } from './state.ts';
import { newestKey, requiredFor, type Store } from './store.ts';

/** What became of a policy message. `report` is to be sent to the server, in every case. */
export type Accepted =
  | { readonly kind: 'accepted'; readonly seq: number; readonly ended: boolean; readonly report: string }
  /** The one accepted last, once more; the report is the one made then. */
  | { readonly kind: 'repeated'; readonly seq: number; readonly report: string }
  /** Nothing has changed. */
  | { readonly kind: 'refused'; readonly error: MessageError; readonly report: string };

export async function acceptMessage(store: Store, sealed: string, keys: SigningIdentity): Promise<Accepted> {
  for (;;) {
    const held = requiredFor(store, keys);
    try {
      const done = await tryAccept(store, sealed, keys, held);
      // Otherwise another process accepted a message in between, and all checks are to be made against it.
      if (done) return done;
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      const { code, seq } = error;
      const what = { kind: 'failure', code, sections: held.sections } as const;
      const report = await makeReport(store, { ...what, ...(seq !== undefined && { seq }) }, keys);
      return { kind: 'refused', error, report };
    }
  }
}

async function tryAccept(
  store: Store,
  sealed: string,
  keys: SigningIdentity,
  held: Compartment,
): Promise<Accepted | undefined> {
  // The one clock reading of this acceptance.
  const now = readClock(store);
  const { platform } = store;
  const { enrolment, hash } = held;
  const pinned = {
    server: enrolment.server.id,
    device: enrolment.device,
    user: enrolment.user.id,
    identityKey: enrolment.server.identityKey,
    policyKey: enrolment.policyKey,
  };
  const { messageKeys, sections } = held;
  const last = hash === undefined ? {} : { last: { seq: held.seq, hash } };
  const message = await openMessage(platform, sealed, pinned, { messageKeys, sections, ...last }, now);
  if (message.kind === 'repeated') return { ...message, report: held.acknowledgement ?? '' };

  const listed = sectionText(store.db, held.id, 'commands');
  const plan = planAcceptance(held, message, listed === undefined ? [] : parseSection('commands', listed));
  const freshKey = message.keyUsed ? await generateMessageKey() : undefined;
  const report = nextSequence(held.report, now);
  const acknowledgement = await composeReport({
    ...sender(held, keys),
    ...{ number: report, now, messageKey: freshKey ?? newestKey(held) },
    body: {
      kind: 'acknowledgement',
      seq: message.seq,
      message: message.hash,
      sections: message.sections,
      keys: plan.ended ? [] : plan.decryptionKeys.map((key) => key.kid),
      commands: plan.commands,
    },
  });
  if (!commitAcceptance(store.db, { held, plan, freshKey, acknowledgement, report, now })) return undefined;
  return { kind: 'accepted', seq: message.seq, ended: plan.ended, report: acknowledgement };
}

/** A signed and sealed report with a number of its own, which is used up even if the report is never sent. */
export async function makeReport(store: Store, body: ReportBody, keys: SigningIdentity): Promise<string> {
  const { held, number, now } = transaction(store.db, () => {
    const held = requiredFor(store, keys);
    const now = readClock(store);
    const number = nextSequence(held.report, now);
    store.db.prepare('UPDATE compartment SET report = ? WHERE id = ?').run(number, held.id);
    return { held, number, now };
  });
  return composeReport({ ...sender(held, keys), number, now, messageKey: newestKey(held), body });
}

function sender({ enrolment }: Compartment, keys: SigningIdentity) {
  return {
    device: enrolment.device,
    server: enrolment.server.id,
    signingKey: keys.signingKey,
    receiveKey: enrolment.server.receiveKey,
  };
}
