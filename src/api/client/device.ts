import { z } from 'zod';
import {
  type EnrolmentAnswerBody,
  type EnrolmentRequestBody,
  enrolmentAnswerSchema,
  type GrantAnswer,
  type GrantRequest,
  grantAnswerSchema,
  type Identity,
  identitySchema,
  type MessageBody,
  messageSchema,
  type OfferedShares,
  offeredSharesSchema,
  type People,
  type PersonAnswer,
  type PersonQuestionBody,
  peopleSchema,
  personAnswerSchema,
  type RegisteredShare,
  type RegisterShare,
  type ReportAnswer,
  registeredShareSchema,
  reportAnswerSchema,
  type ShareAccess,
  shareAccessSchema,
  type TimeAnswerBody,
  timeAnswerSchema,
} from '../server/index.ts';
import { ask, askFor, type Connection } from './request.ts';
import { type StreamOptions, type WakeUp, wakeUps } from './stream.ts';

export type ClientOptions = Pick<Connection, 'fetch' | 'timeout' | 'attempts' | 'firstPause'>;

/** What is asked before a device is enrolled. */
export interface EnrolmentClient {
  /** To be checked against the enrolment code. */
  identity(signal?: AbortSignal): Promise<Identity>;
  /** Repeats by itself when the answer is lost: the same request gets the same answer. */
  enrol(request: EnrolmentRequestBody, signal?: AbortSignal): Promise<EnrolmentAnswerBody>;
}

/** What an enrolled device asks. */
export interface DeviceClient {
  /** The policy message, when there is one newer than `after`. */
  message(after: number, signal?: AbortSignal): Promise<MessageBody | undefined>;
  /** Repeats by itself: a report counts once. */
  report(report: string, signal?: AbortSignal): Promise<ReportAnswer>;
  /** The server's time, signed for this nonce. */
  time(nonce: string, signal?: AbortSignal): Promise<TimeAnswerBody>;
  /** The right to delete below the device's own place of an area. Repeats by itself: one more grant does no harm. */
  deleteGrant(area: string, signal?: AbortSignal): Promise<GrantAnswer>;
  /** Tells the server of the user's own keys, for those who look them up. */
  tellPerson(records: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Names of users that can be looked up. */
  people(signal?: AbortSignal): Promise<People>;
  /** A user's own keys, signed for this nonce. */
  person(question: PersonQuestionBody, signal?: AbortSignal): Promise<PersonAnswer>;
  /** Repeats by itself, as everything about shares: the same once more changes nothing. */
  registerShare(share: RegisterShare, signal?: AbortSignal): Promise<RegisteredShare>;
  offeredShares(signal?: AbortSignal): Promise<OfferedShares>;
  accessShare(share: { device: string; chain: string }, signal?: AbortSignal): Promise<ShareAccess>;
  endShare(chain: string, signal?: AbortSignal): Promise<void>;
  /** What is to be fetched, as it is told, until the signal is aborted. */
  stream(options: StreamOptions): AsyncGenerator<WakeUp, void, undefined>;
}

/** The part of a request that a login signs; `path` is path and query behind the server's URL. */
export interface LoginRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array;
}

/** @param options.url origin and path prefix of the server, as in the enrolment code */
export function enrolmentClient({
  url,
  ...options
}: ClientOptions & { readonly url: string }): EnrolmentClient {
  const connection: Connection = { ...options, url, authorize: async () => '' };
  return {
    identity: (signal) =>
      askFor(
        connection,
        { method: 'GET', path: '/api/v1/identity', repeatable: true, signal },
        identitySchema,
      ),
    enrol: (body, signal) =>
      askFor(
        connection,
        { method: 'POST', path: '/api/v1/enrolments', body, repeatable: true, signal },
        enrolmentAnswerSchema,
      ),
  };
}

/**
 * @param options.device id of the device
 * @param options.login makes a login for one request, a compact JWS (`policy/message`: `composeLogin`)
 * @example
 * const client = deviceClient({ url, device, login: (request) => composeLogin(platform, key, { device, server, ...request }, Date.now()) });
 * const message = await client.message(lastSequence);
 */
export function deviceClient({
  url,
  device,
  login,
  ...options
}: ClientOptions & {
  readonly url: string;
  readonly device: string;
  readonly login: (request: LoginRequest) => Promise<string>;
}): DeviceClient {
  const authorize = async (request: LoginRequest) => `Holdfast ${await login(request)}`;
  const connection: Connection = { ...options, url, authorize };
  const base = `/api/v1/devices/${device}`;
  return {
    message: (after, signal) =>
      ask(
        connection,
        { method: 'GET', path: `${base}/message?after=${after}`, repeatable: true, signal },
        messageSchema,
      ),
    report: (report, signal) =>
      askFor(
        connection,
        { method: 'POST', path: `${base}/reports`, body: { report }, repeatable: true, signal },
        reportAnswerSchema,
      ),
    time: (nonce, signal) =>
      askFor(
        connection,
        { method: 'POST', path: `${base}/time`, body: { nonce }, repeatable: true, signal },
        timeAnswerSchema,
      ),
    deleteGrant: (area, signal) =>
      askFor(
        connection,
        {
          ...{ method: 'POST', path: `${base}/grants`, repeatable: true, signal },
          body: { area, right: 'delete' } satisfies GrantRequest,
        },
        grantAnswerSchema,
      ),
    ...sharingClient(connection, base),
    stream: (stream) => wakeUps(connection, `${base}/stream`, stream),
  };
}

type SharingClient = Pick<
  DeviceClient,
  'tellPerson' | 'people' | 'person' | 'registerShare' | 'offeredShares' | 'accessShare' | 'endShare'
>;

function sharingClient(connection: Connection, base: string): SharingClient {
  const post = (path: string, body: object, signal: AbortSignal | undefined) =>
    ({ method: 'POST', path: `${base}/${path}`, body, repeatable: true, signal }) as const;
  const get = (path: string, signal: AbortSignal | undefined) =>
    ({ method: 'GET', path: `${base}/${path}`, repeatable: true, signal }) as const;
  return {
    async tellPerson(records, signal) {
      await ask(connection, post('person', { records }, signal), z.undefined());
    },
    people: (signal) => askFor(connection, get('people', signal), peopleSchema),
    person: (question, signal) => askFor(connection, post('people', question, signal), personAnswerSchema),
    registerShare: (share, signal) =>
      askFor(connection, post('shares', share, signal), registeredShareSchema),
    offeredShares: (signal) => askFor(connection, get('shares', signal), offeredSharesSchema),
    accessShare: (share, signal) =>
      askFor(connection, post('shares/access', share, signal), shareAccessSchema),
    async endShare(chain, signal) {
      await ask(connection, post('shares/end', { chain }, signal), z.undefined());
    },
  };
}
