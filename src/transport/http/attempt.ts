import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { TransportError, type TransportRequest } from '../index.ts';

/** In ms. */
export interface Timeouts {
  /** Until the connection stands, TLS included. */
  readonly connect: number;
  /** Without a byte in either direction. */
  readonly idle: number;
  /**
   * Bytes per second that are the least, over an `idle` time: one byte now and then would hold a run for ever. Slower
   * than any network that a segment could be sent over.
   */
  readonly slowest: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = { connect: 10_000, idle: 60_000, slowest: 128 };

/** From this size on a body waits for `100 Continue`, so that a refusal costs no upload. */
const EXPECT_FROM = 256 * 1024;
/** Some gateways never say `100 Continue`: then it goes without (RFC 9110 §10.1.1). */
const EXPECT_WAIT = 1000;

/** An answer whose body is still to be read. */
export interface Opened {
  readonly message: IncomingMessage;
  /** Gives the connection up: after an answer that came before the whole request was sent, or that is cut. */
  abandon(): void;
  /** Whether the connection can be used no more, because the body was not sent. */
  readonly unsent: () => boolean;
}

/** A failed try, and whether it failed only because a kept connection had died. */
export class AttemptError extends Error {
  readonly stale: boolean;
  constructor(cause: unknown, stale: boolean) {
    super('attempt failed', { cause });
    this.stale = stale;
  }
}

/** One try: sends the request and resolves when the head of the answer is here. */
export function attempt(
  request: TransportRequest,
  options: Pick<RequestOptions, 'agent'> & { readonly ca?: string },
  timeouts: Timeouts,
): Promise<Opened> {
  const body = request.body ?? [];
  const length = body.reduce((sum, part) => sum + part.length, 0);
  const expects = length >= EXPECT_FROM;
  const headers: Record<string, string | number> = { ...request.headers };
  if (request.body || request.method === 'PUT' || request.method === 'POST')
    headers['content-length'] = length;
  if (expects) headers.expect = '100-continue';

  return new Promise((resolve, reject) => {
    const send = request.url.startsWith('https:') ? httpsRequest : httpRequest;
    const sent = send(request.url, { ...options, method: request.method, headers, signal: request.signal });
    let answered = false;
    sent.setTimeout(timeouts.idle, () => sent.destroy(timeout('nothing moved', timeouts.idle)));
    limitConnect(sent, timeouts.connect);
    // Bytes that come before the answer's head is whole do not count: it is small, and comes at once.
    const limit = timeouts.connect + timeouts.idle + (length / timeouts.slowest) * 1000;
    const deadline = setTimeout(() => sent.destroy(timeout('no answer', limit)), Math.min(limit, MAX_TIMER));
    sent.once('close', () => clearTimeout(deadline));
    sent.on('error', (cause) => {
      if (!answered) reject(new AttemptError(cause, sent.reusedSocket && isReset(cause)));
    });
    sent.on('response', (message) => {
      answered = true;
      clearTimeout(patience);
      clearTimeout(deadline);
      resolve({ message, abandon: () => sent.destroy(), unsent: () => !sent.writableFinished });
    });

    const sendBody = () => {
      clearTimeout(patience);
      if (answered || sent.writableEnded) return;
      sent.cork();
      for (const part of body) sent.write(part);
      sent.end();
      sent.uncork();
    };
    let patience: NodeJS.Timeout | undefined;
    if (expects) {
      sent.on('continue', sendBody);
      sent.on('close', () => clearTimeout(patience));
      patience = setTimeout(sendBody, EXPECT_WAIT);
      sent.flushHeaders();
    } else sendBody();
  });
}

function limitConnect(sent: ClientRequest, ms: number): void {
  sent.once('socket', (socket: Socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => sent.destroy(timeout('no connection', ms)), ms);
    const stop = () => clearTimeout(timer);
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', stop);
    socket.once('close', stop);
  });
}

/** Ends an answer whose body comes slower than anything that is one. To be used where it is read at once. */
export function limitTrickle(message: IncomingMessage, { idle, slowest }: Timeouts): void {
  let before = message.socket.bytesRead;
  const timer = setInterval(() => {
    const { bytesRead } = message.socket;
    if (bytesRead - before < (slowest * idle) / 1000) message.destroy(timeout('next to nothing came', idle));
    before = bytesRead;
  }, idle);
  message.once('close', () => clearInterval(timer));
}

/** Timers cannot be set further ahead (HTML, "Timers"). */
const MAX_TIMER = 2 ** 31 - 1;

const timeout = (what: string, ms: number): TransportError =>
  new TransportError('ERR_TRANSPORT_TIMEOUT', `${what} for ${ms / 1000} s`);

const isReset = (cause: unknown): boolean => {
  const code = (cause as { code?: unknown }).code;
  return code === 'ECONNRESET' || code === 'EPIPE';
};
