import { rm } from 'node:fs/promises';
import { ProblemError } from '../../../api/problem/index.ts';
import { removeIdentity } from '../../../custody/index.ts';
import type { MessageError } from '../../../policy/message/index.ts';
import { type Home, Lock } from '../home/index.ts';
import type { ServerLink } from './link.ts';
import { asHead, dropHead, keepAcknowledged, keepTold, markOf, readOutbox } from './outbox.ts';
import type { Session } from './session.ts';
import { untoldDatabases } from './told.ts';

export interface Exchanged {
  /** A newer message was accepted. */
  readonly changed: boolean;
  /** Reports that went out. */
  readonly sent: number;
  /** A message came that was refused; what was held before works on. */
  readonly refusal: MessageError | undefined;
  /** The message accepted ends this device. */
  readonly ended: boolean;
}

/** How long to wait for another process that talks to the server, ms. */
const LOCK_WAIT = 20_000;

/**
 * Sends what waits, fetches the newest message, accepts it, and acknowledges it. What was not sent keeps waiting.
 * @throws when the server does not answer
 */
export async function exchange(
  home: Home,
  session: Session,
  server: ServerLink,
  signal: AbortSignal,
): Promise<Exchanged> {
  await using _ = await Lock.take(home, 'policy', { task: 'talks to the server', wait: LOCK_WAIT, signal });
  const sent = await sendWaiting(home, session, server, signal);
  const got = await server.message(session.enrolled().seq, signal);
  if (!got) return { changed: false, sent, refusal: undefined, ended: false };

  const accepted = await session.memory.accept(got.message, session.keys);
  const ended = accepted.kind === 'accepted' && accepted.ended;
  // Accepted is accepted, also when the server cannot be told just now: the stored acknowledgement waits.
  const told = await server.report(accepted.report, signal).then(
    () => true,
    () => false,
  );
  // A server that was set back sends what does not fit; it may have forgotten the names too.
  if (accepted.kind === 'refused') await keepTold(home, undefined);
  if (ended) await forget(home);
  else if (told && accepted.kind !== 'refused') await keepAcknowledged(home, accepted.report);
  return {
    changed: accepted.kind === 'accepted',
    sent: sent + (told ? 1 : 0),
    refusal: accepted.kind === 'refused' ? accepted.error : undefined,
    ended,
  };
}

/** An acknowledgement that did not get through, then heads, then the names of databases. */
async function sendWaiting(
  home: Home,
  { memory, keys }: Session,
  server: ServerLink,
  signal: AbortSignal,
): Promise<number> {
  const { heads, acknowledged } = await readOutbox(home);
  const acknowledgement = memory.acknowledgement();
  let sent = 0;
  if (acknowledgement !== undefined && markOf(acknowledgement) !== acknowledged) {
    if ((await send(server, acknowledgement, signal)) === 'taken') sent++;
    await keepAcknowledged(home, acknowledgement);
  }
  for (const head of heads) {
    const answer = await send(server, await memory.report({ kind: 'head', ...asHead(head) }, keys), signal);
    if (answer === 'not now') continue;
    if (answer === 'taken') sent++;
    await dropHead(home, head);
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

/**
 * `useless`: the server will never take it, for it knows a newer head. `not now`: it does not accept this device at
 * the moment; the message that says why is still fetched.
 */
async function send(
  server: ServerLink,
  report: string,
  signal: AbortSignal,
): Promise<'taken' | 'useless' | 'not now'> {
  try {
    await server.report(report, signal);
    return 'taken';
  } catch (error) {
    if (!(error instanceof ProblemError) || error.kind === 'failed') throw error;
    return error.kind === 'integrity' ? 'useless' : 'not now';
  }
}

/** The device was ended: what protected memory has forgotten must not live on in what was made with it (B7). */
async function forget(home: Home): Promise<void> {
  await removeIdentity(home.identity);
  const { catalogue } = home;
  for (const path of [catalogue, `${catalogue}-wal`, `${catalogue}-shm`, home.outbox])
    await rm(path, { force: true });
}
