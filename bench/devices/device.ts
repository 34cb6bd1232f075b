/**
 * A device as its agent plays it (`programs/device/agent/watch.ts`), with the real channel and real custody: it
 * enrols by a code, holds the server's stream, and at a wake-up fetches, checks and stores the message, and
 * acknowledges it. Its state directory is a real one.
 */
import type { WakeUp } from '../../src/api/client/index.ts';
import { systemClock } from '../../src/lib/clock.ts';
import {
  connect,
  enrolDevice,
  exchange,
  openLink,
  openSession,
  ServerBusyError,
} from '../../src/programs/device/channel/index.ts';
import { Home } from '../../src/programs/device/home/index.ts';

const clock = systemClock;

export async function enrol(state: string, code: string, signal: AbortSignal): Promise<void> {
  const home = new Home(state);
  await enrolDevice({ home, clock, signal, emit: () => {}, agent: undefined }, code);
}

export type Fetched =
  /** The sequence that is now held, and acknowledged. */
  | { readonly kind: 'done'; readonly held: number }
  /** The server asks to come again after so many ms. */
  | { readonly kind: 'again'; readonly after: number };

/** Fetches what the server has, and acknowledges it. */
export async function fetchMessage(state: string, signal: AbortSignal): Promise<Fetched> {
  const home = new Home(state);
  using session = await openSession(home, clock);
  try {
    const { refusal, again } = await exchange(home, session, openLink(session, { patience: 0 }), signal);
    if (refusal) throw refusal;
    if (again !== undefined) return { kind: 'again', after: again };
    return { kind: 'done', held: session.enrolled().seq };
  } catch (error) {
    if (error instanceof ServerBusyError) return { kind: 'again', after: error.after };
    throw error;
  }
}

export type Ear = (heard: (told: WakeUp) => void, signal: AbortSignal) => Promise<void>;

/**
 * What holds the stream until the signal; `heard` gets all that it is told. The state is not kept open
 * meanwhile: so many would need too many files.
 */
export async function ear(state: string): Promise<Ear> {
  using session = await openSession(new Home(state), clock);
  const { enrolment, seq } = session.enrolled();
  const server = connect({ server: enrolment.server, keys: session.keys, clock });
  return async (heard, signal) => {
    for await (const told of server.wakeups(seq, signal)) heard(told);
  };
}
