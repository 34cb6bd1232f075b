/** The way to the server, as the channel uses it: the typed client with this device's login. */
import {
  type ClientOptions,
  type DeviceClient,
  deviceClient,
  enrolmentClient,
} from '../../../api/client/index.ts';
import { nodePlatform } from '../../../platform/node.ts';
import { composeLogin, type EnrolmentRequest, type ServerKeys } from '../../../policy/message/index.ts';
import { httpFetch } from '../../../transport/http/index.ts';
import { version } from '../version.ts';
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
  /** Sequences of messages to fetch, as they come. Connects again by itself; ends with the signal. */
  wakeups(after: number, signal: AbortSignal): AsyncIterable<number>;
}

export interface DeleteGrant {
  readonly grant: string;
  /** What policy wants to be kept: sets so young, ms before the newest one. */
  readonly keep?: number | undefined;
}

/** Around a run that goes on without the server: one more try, at once. */
export const QUICK: Pick<ClientOptions, 'attempts'> = { attempts: 2 };

export function openLink(session: Session, options: Pick<ClientOptions, 'attempts'> = {}): ServerLink {
  const { keys, clock } = session;
  return connect({ server: session.enrolled().enrolment.server, keys, clock }, options);
}

/** As whom a device talks to its server. */
export interface Caller extends Pick<Session, 'keys' | 'clock'> {
  readonly server: { readonly id: string; readonly url: string };
}

export function connect(
  { server, keys, clock }: Caller,
  options: Pick<ClientOptions, 'attempts'> = {},
): ServerLink {
  const { device, signingKey } = keys;
  const client = deviceClient({
    ...options,
    fetch: httpFetch,
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
  const { tellPerson, people, person, registerShare, offeredShares, accessShare, endShare } = client;
  return {
    ...{ tellPerson, people, person, registerShare, offeredShares, accessShare, endShare },
    message: (after, signal) => client.message(after, signal),
    report: async (report, signal) => void (await client.report(report, signal)),
    time: (nonce, signal) => client.time(nonce, signal),
    deleteGrant: (area, signal) => client.deleteGrant(area, signal),
    wakeups: (after, signal) => client.stream({ after, signal }),
  };
}

export interface EnrolmentLink {
  identity(signal: AbortSignal): Promise<ServerKeys>;
  /** @returns the answer as it came: it proves itself */
  enrol(request: EnrolmentRequest, signal: AbortSignal): Promise<unknown>;
}

export function openEnrolmentLink(url: string): EnrolmentLink {
  const client = enrolmentClient({ url, fetch: httpFetch });
  return {
    identity: (signal) => client.identity(signal),
    enrol: (request, signal) => client.enrol(request, signal),
  };
}
