import type { ClockCorrection } from '../../../custody/index.ts';
import type { MessageError } from '../../../policy/message/index.ts';
import { type Home, Lock } from '../home/index.ts';
import { ServerBusyError } from './busy.ts';
import { settleClock } from './clock.ts';
import { finish, wipe } from './ending.ts';
import type { ServerLink } from './link.ts';
import { asHead, dropEvent, dropHead, keepAcknowledged, keepTold, markOf, readOutbox } from './outbox.ts';
import { isSettled, send } from './send.ts';
import type { Session } from './session.ts';
import { untoldDatabases } from './told.ts';

export interface Exchanged {
  /** A newer message was accepted. */
  readonly changed: boolean;
  /** Reports that went out. */
  readonly sent: number;
  /** This device's clock had run ahead, and was corrected. */
  readonly correction: ClockCorrection | undefined;
  /** A message, or an answer about the time, came that was refused; what was held before works on. */
  readonly refusal: MessageError | undefined;
  /** The message accepted ends this device. */
  readonly ended: boolean;
  /** ms after which to try again: the server could not be told just now what was accepted. */
  readonly again: number | undefined;
}

/** Told later what it did not take, ms, unless it says when. */
const LATER = 60_000;

/** How long to wait for another process that talks to the server, ms. */
const LOCK_WAIT = 20_000;

/**
 * Settles what time it is, sends what waits, fetches the newest message, accepts it, and acknowledges it. What was not
 * sent keeps waiting.
 * @throws when the server does not answer
 */
export async function exchange(
  home: Home,
  session: Session,
  server: ServerLink,
  signal: AbortSignal,
): Promise<Exchanged> {
  await using _ = await Lock.take(home, 'policy', { task: 'talks to the server', wait: LOCK_WAIT, signal });
  const { correction, refusal } = await settleClock(session, server, signal);
  const sent = await sendWaiting(home, session, server, signal);
  const got = await server.message(session.enrolled().seq, signal);
  if (!got) return { changed: false, sent, correction, refusal, ended: false, again: undefined };

  const accepted = await session.memory.accept(got.message, session.keys);
  const ended = accepted.kind === 'accepted' && accepted.ended;
  if (ended) await wipe(home);
  // Accepted is accepted, also when the server cannot be told just now: the stored acknowledgement waits.
  let later = LATER;
  const answer = await send(server, accepted.report, signal).catch((error: unknown) => {
    if (error instanceof ServerBusyError) later = error.after;
    return 'not now' as const;
  });
  // A server that was set back sends what does not fit; it may have forgotten the names too.
  if (accepted.kind === 'refused') await keepTold(home, undefined);
  if (ended && answer !== 'not now') await finish(home, accepted.report);
  else if (!ended && accepted.kind !== 'refused' && isSettled(answer))
    await keepAcknowledged(home, accepted.report);
  return {
    changed: accepted.kind === 'accepted',
    sent: sent + (answer === 'taken' ? 1 : 0),
    correction,
    refusal: accepted.kind === 'refused' ? accepted.error : refusal,
    ended,
    again: answer === 'not now' ? later : undefined,
  };
}

/** An acknowledgement that did not get through, then heads, events, the names of databases. */
async function sendWaiting(
  home: Home,
  { memory, keys }: Session,
  server: ServerLink,
  signal: AbortSignal,
): Promise<number> {
  const { heads, events, acknowledged } = await readOutbox(home);
  const acknowledgement = memory.acknowledgement();
  let sent = 0;
  if (acknowledgement !== undefined && markOf(acknowledgement) !== acknowledged) {
    const answer = await send(server, acknowledgement, signal);
    if (answer === 'taken') sent++;
    if (isSettled(answer)) await keepAcknowledged(home, acknowledgement);
  }
  for (const head of heads) {
    const answer = await send(server, await memory.report({ kind: 'head', ...asHead(head) }, keys), signal);
    if (answer === 'taken') sent++;
    if (!isSettled(answer)) continue;
    await dropHead(home, head);
  }
  for (const event of events) {
    const answer = await send(server, await memory.report({ kind: 'event', ...event }, keys), signal);
    if (answer === 'taken') sent++;
    if (isSettled(answer)) await dropEvent(home, event);
  }
  const names = await untoldDatabases(home, keys.device);
  if (names) {
    const report = await memory.report({ kind: 'databases', names }, keys);
    if ((await send(server, report, signal)) === 'taken') {
      sent++;
      await keepTold(home, { device: keys.device, names });
    }
  }
  return sent;
}
