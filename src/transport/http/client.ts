import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { release } from '../../lib/bytes.ts';
import {
  type Outage,
  type Transport,
  type TransportAnswer,
  TransportError,
  type TransportRequest,
} from '../index.ts';
import {
  AttemptError,
  attempt,
  DEFAULT_TIMEOUTS,
  limitTrickle,
  type Opened,
  type Timeouts,
} from './attempt.ts';
import { Outages } from './outage.ts';
import {
  DEFAULT_RETRY,
  isUnavailable,
  mayPass,
  nextWait,
  parseRetryAfter,
  patientWait,
  type RetryPolicy,
} from './retry.ts';

export interface HttpOptions {
  readonly timeouts?: Partial<Timeouts>;
  readonly retry?: Partial<RetryPolicy>;
  /** Told when a host is waited for, and when it is there again. */
  readonly onOutage?: (outage: Outage) => void;
  /** Connections to one host at a time; 8 unless told. */
  readonly connections?: number;
  /** Certificates (PEM) to trust instead of the usual ones. */
  readonly ca?: string;
}

/** An answer that is read as it comes. The reader ends it by reading all of it, or by `abandon`. */
export interface HttpStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  abandon(): void;
}

export interface HttpTransport extends Transport {
  /** Like `request`, but hands the body over as a stream; a break within it is the reader's to handle. */
  open(request: TransportRequest): Promise<HttpStream>;
}

const DEFAULT_LIMIT = 1024 * 1024;
/** So much of an error answer is read, for its problem details. */
const ERROR_LIMIT = 64 * 1024;

/** @example await httpTransport().request({ method: 'GET', url: 'http://127.0.0.1:8080/healthz' }) */
export function httpTransport(options: HttpOptions = {}): HttpTransport {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const policy = { ...DEFAULT_RETRY, ...options.retry };
  const outages = new Outages(policy.patience, options.onOutage ?? (() => {}));
  const kept = { keepAlive: true, maxSockets: options.connections ?? 8, scheduling: 'lifo' } as const;
  const http = new HttpAgent(kept);
  const https = new HttpsAgent({ ...kept, minVersion: 'TLSv1.2', ...(options.ca ? { ca: options.ca } : {}) });

  const open = (request: TransportRequest): Promise<Opened> =>
    attempt(request, { agent: request.url.startsWith('https:') ? https : http }, timeouts);

  return {
    request: (request) =>
      trying(request, policy, outages, async (proved) => {
        const opened = await open(proved);
        limitTrickle(opened.message, timeouts);
        const status = opened.message.statusCode ?? 0;
        const body = await readBody(opened, proved);
        return { status, headers: headersOf(opened.message), body };
      }),

    open: (request) =>
      trying(request, policy, outages, async (proved) => {
        const { message, abandon } = await open(proved);
        return { status: message.statusCode ?? 0, headers: headersOf(message), body: message, abandon };
      }),

    async close() {
      http.destroy();
      https.destroy();
    },
  };
}

async function trying<A extends Omit<TransportAnswer, 'body'>>(
  request: TransportRequest,
  policy: RetryPolicy,
  outages: Outages,
  once: (proved: TransportRequest) => Promise<A>,
): Promise<A> {
  const { host } = new URL(request.url);
  const began = performance.now();
  let waited = 0;
  let stale = request.retry !== false;
  for (let tried = 1; ; tried++) {
    let answer: A | undefined;
    let failure: unknown;
    const proved = request.proof
      ? { ...request, headers: { ...request.headers, ...(await request.proof()) } }
      : request;
    try {
      answer = await once(proved);
      if (!mayPass(answer.status)) {
        outages.answered(host);
        return answer;
      }
    } catch (cause) {
      failure = cause;
      if (isTooLong(cause) || request.signal?.aborted) throw finalError(request, cause, tried, began);
      if (cause instanceof AttemptError && cause.stale && stale) {
        // A kept connection that the other side had closed meanwhile says nothing about that side: at once again.
        stale = false;
        tried--;
        continue;
      }
    }
    const retryAfter = parseRetryAfter(answer?.headers['retry-after'], Date.now());
    const left = outages.failed(host, retryAfter > 0);
    let wait =
      request.retry === false ? undefined : nextWait(policy, tried, waited, Math.random(), retryAfter);
    if (
      wait === undefined &&
      request.retry !== false &&
      (!answer || isUnavailable(answer.status) || retryAfter)
    ) {
      wait = patientWait(policy, tried, left, Math.random(), retryAfter);
      if (wait !== undefined)
        outages.waiting(host, answer ? `status ${answer.status}` : reasonOf(failure), left);
    }
    if (wait === undefined) {
      if (answer) return answer;
      throw finalError(request, failure, tried, began);
    }
    if (answer && 'abandon' in answer && typeof answer.abandon === 'function') answer.abandon();
    await sleep(wait, undefined, request.signal ? { signal: request.signal } : {}).catch((cause: unknown) => {
      throw finalError(request, cause, tried, began);
    });
    waited += wait;
  }
}

function finalError(
  request: TransportRequest,
  failure: unknown,
  tried: number,
  began: number,
): TransportError {
  if (request.signal?.aborted) {
    return new TransportError('ERR_TRANSPORT_ABORTED', `${request.method} was interrupted`, {
      cause: failure,
    });
  }
  if (isTooLong(failure)) return failure as TransportError;
  const cause = causeOf(failure);
  const { host } = new URL(request.url);
  const seconds = Math.round((performance.now() - began) / 1000);
  const times = `${tried === 1 ? 'one try' : `${tried} tries`}${seconds > 1 ? ` within ${seconds} s` : ''}`;
  const code = cause instanceof TransportError ? cause.code : 'ERR_TRANSPORT_UNREACHABLE';
  return new TransportError(code, `${host} did not answer in ${times}: ${reasonOf(failure)}`, { cause });
}

const causeOf = (failure: unknown): unknown => (failure instanceof AttemptError ? failure.cause : failure);

function reasonOf(failure: unknown): string {
  const cause = causeOf(failure);
  if (cause instanceof TransportError) return cause.message;
  return cause instanceof Error ? ((cause as { code?: string }).code ?? cause.message) : String(cause);
}

/** Reads a body of at most `limit` bytes; of an error answer what fits. */
async function readBody(opened: Opened, request: TransportRequest): Promise<Uint8Array> {
  const { message } = opened;
  const failed = (message.statusCode ?? 0) >= 400;
  const limit = request.limit ?? DEFAULT_LIMIT;
  const most = failed ? Math.min(limit, ERROR_LIMIT) : limit;
  const announced = request.method === 'HEAD' ? 0 : Number(message.headers['content-length'] ?? Number.NaN);
  if (!failed && announced > most) {
    opened.abandon();
    throw tooLong(announced, most);
  }
  // Announced and within the limit: into one buffer as it comes, without joining afterwards.
  let bytes = new Uint8Array(Number.isSafeInteger(announced) ? Math.min(announced, most) : 16 * 1024);
  let length = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    if (length + chunk.length > most) {
      opened.abandon();
      if (!failed) throw tooLong(length + chunk.length, most);
      return bytes.subarray(0, length);
    }
    if (length + chunk.length > bytes.length) {
      const grown = new Uint8Array(Math.min(most, Math.max(bytes.length * 2, length + chunk.length)));
      grown.set(bytes.subarray(0, length));
      bytes = grown;
    }
    bytes.set(chunk, length);
    length += chunk.length;
    release(chunk); // Node makes each anew
  }
  if (opened.unsent()) opened.abandon();
  return bytes.subarray(0, length);
}

const isTooLong = (error: unknown): boolean =>
  error instanceof TransportError && error.code === 'ERR_TRANSPORT_TOO_LONG';

const tooLong = (length: number, limit: number): TransportError =>
  new TransportError(
    'ERR_TRANSPORT_TOO_LONG',
    `an answer of ${length} bytes or more where ${limit} are the limit`,
  );

function headersOf(message: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}
