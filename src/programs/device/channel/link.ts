/** The way to the server, as the channel uses it: the typed client with this device's login. */
import {
  type ClientOptions,
  type DeviceClient,
  deviceClient,
  enrolmentClient,
  type WakeUp,
} from '../../../api/client/index.ts';
import { nodePlatform } from '../../../platform/node.ts';
import { composeLogin, type EnrolmentRequest, type ServerKeys } from '../../../policy/message/index.ts';
import { httpFetch } from '../../../transport/http/index.ts';
import { version } from '../version.ts';
import { type Fetch, heeding } from './busy.ts';
import type { Session } from './session.ts';

export interface ServerLink
  extends Pick<
    DeviceClient,
    'tellPerson' | 'people' | 'person' | 'registerShare' | 'offeredShares' | 'accessShare' | 'endShare'
  > {
  /** The policy message, sealed, when there is one newer than `after`. */
  message(after: number, signal: AbortSignal): Promise<{ readonly message: string } | undefined>;
  report(report: string, signal: AbortSignal): Promise<void>;
  /** The server's signed answer to the question for the time. */
  time(nonce: string, signal: AbortSignal): Promise<{ readonly answer: string }>;
  /** The right to delete below this device's own place of an area, for some minutes. */
  deleteGrant(area: string, signal: AbortSignal): Promise<DeleteGrant>;
  /** What is to be fetched, as it is told. Connects again by itself; ends with the signal. */
  wakeups(after: number, signal: AbortSignal): AsyncIterable<WakeUp>;
}

export interface DeleteGrant {
  readonly grant: string;
  /** What policy wants to be kept: sets so young, ms before the newest one. */
  readonly keep?: number | undefined;
}

export interface LinkOptions extends Pick<ClientOptions, 'attempts'> {
  /**
   * ms for which a server that is busy is waited for, if that is enough; otherwise `ERR_SERVER_BUSY`. Less than others
   * wait for the lock that is held meanwhile.
   */
  readonly patience?: number;
}

const PATIENCE = 15_000;

/** Around a run that goes on without the server: one more try, at once. */
export const QUICK: LinkOptions = { attempts: 2, patience: 0 };

export function openLink(session: Session, options: LinkOptions = {}): ServerLink {
  const { keys, clock } = session;
  return connect({ server: session.enrolled().enrolment.server, keys, clock }, options);
}

/** As whom a device talks to its server. */
export interface Caller extends Pick<Session, 'keys' | 'clock'> {
  readonly server: { readonly id: string; readonly url: string };
}

export function connect(
  { server, keys, clock }: Caller,
  { patience = PATIENCE, ...options }: LinkOptions = {},
): ServerLink {
  const { device, signingKey } = keys;
  const clientBy = (fetch: Fetch): DeviceClient =>
    deviceClient({
      ...options,
      fetch,
      url: server.url,
      device,
      login: (request) =>
        composeLogin(
          nodePlatform,
          signingKey,
          { device, server: server.id, version: version(), ...request },
          clock(),
        ),
    });
  const ask = <T>(
    signal: AbortSignal,
    one: (client: DeviceClient, until: AbortSignal) => Promise<T>,
  ): Promise<T> => heeding((fetch, until) => one(clientBy(fetch), until), signal, patience);
  // By name, when somebody shares: as they are, without waiting for a server that is busy.
  const plain = clientBy(httpFetch);
  const { tellPerson, people, person, registerShare, offeredShares, accessShare, endShare } = plain;
  return {
    ...{ tellPerson, people, person, registerShare, offeredShares, accessShare, endShare },
    message: (after, signal) => ask(signal, (client, until) => client.message(after, until)),
    report: async (report, signal) =>
      void (await ask(signal, (client, until) => client.report(report, until))),
    time: (nonce, signal) => ask(signal, (client, until) => client.time(nonce, until)),
    deleteGrant: (area, signal) => ask(signal, (client, until) => client.deleteGrant(area, until)),
    // One that is not let in comes again by its own time, which grows.
    wakeups: (after, signal) => plain.stream({ after, signal }),
  };
}

export interface EnrolmentLink {
  identity(signal: AbortSignal): Promise<ServerKeys>;
  /** @returns the answer as it came: it proves itself */
  enrol(request: EnrolmentRequest, signal: AbortSignal): Promise<unknown>;
}

/** A thousand may enrol in the same morning: who began it waits, ms. */
const ENROLMENT_PATIENCE = 120_000;

export function openEnrolmentLink(url: string): EnrolmentLink {
  return {
    identity: (signal) => enrolmentClient({ url, fetch: httpFetch }).identity(signal),
    enrol: (request, signal) =>
      heeding(
        (fetch, until) => enrolmentClient({ url, fetch }).enrol(request, until),
        signal,
        ENROLMENT_PATIENCE,
      ),
  };
}
