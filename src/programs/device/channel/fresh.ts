import type { OperationContext } from '../context.ts';
import { notice } from '../context.ts';
import { DeviceError } from '../errors.ts';
import { describeCorrection } from './clock.ts';
import { exchange } from './exchange.ts';
import { openLink, QUICK } from './link.ts';
import { type Enrolled, openMemory, openSession, type Session } from './session.ts';
import { untoldDatabases } from './told.ts';

/** A server that does not answer within this time is not waited for before a run, ms. */
const PATIENCE = 5_000;

/**
 * Before data is touched: fetches the newest message where the server answers, and says under which policy the
 * run goes on where it does not.
 *
 * @throws DeviceError `ERR_DEVICE_ENDED`, `ERR_POLICY_EXPIRED`
 */
export async function freshen(context: OperationContext, session: Session): Promise<Enrolled> {
  const unanswered = await askServer(context, session);
  const held = session.enrolled();
  if (!held.stale) return held;
  const { value, policy } = session.memory.rules().whenStale;
  const since = new Date(held.exp).toISOString();
  if (value === 'block') {
    const why = `the policy message expired at ${since}, and policy ${policy} says to block until a new one comes`;
    const what = unanswered === undefined ? '' : `, which was not to be had just now: ${unanswered}`;
    const message = `${why}; connect to ${held.enrolment.server.url}${what}`;
    throw new DeviceError('ERR_POLICY_EXPIRED', message);
  }
  notice(
    context,
    'POLICY_EXPIRED',
    `the policy message expired at ${since}; policy ${policy} allows to go on`,
  );
  return held;
}

/** Tells the server of databases that are new or gone, where there is a server and it answers. */
export async function tellDatabases(context: OperationContext): Promise<void> {
  const { home, clock } = context;
  const memory = await openMemory(home, clock);
  const enrolled = memory?.state().kind === 'enrolled';
  memory?.close();
  if (!enrolled) return;
  using session = await openSession(home, clock);
  if (await untoldDatabases(home, session.keys.device)) await askServer(context, session);
}

/** @returns why the server was not asked, if it was not */
async function askServer(context: OperationContext, session: Session): Promise<string | undefined> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE)]);
  try {
    const { correction, refusal } = await exchange(context.home, session, openLink(session, QUICK), signal);
    if (correction) notice(context, 'CLOCK_CORRECTED', describeCorrection(correction));
    if (refusal) {
      notice(
        context,
        refusal.code,
        `a policy message was refused, the last one stays in force: ${refusal.message}`,
      );
    }
    return undefined;
  } catch (error) {
    context.signal.throwIfAborted();
    const why = signal.aborted ? `no answer in ${PATIENCE / 1000} s` : (error as Error).message;
    notice(
      context,
      'SERVER_UNREACHABLE',
      `the server was not asked (${why}); the last policy stays in force`,
    );
    return why;
  }
}
