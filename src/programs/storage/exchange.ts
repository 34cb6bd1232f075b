import type { IncomingMessage, ServerResponse } from 'node:http';
import { MAX_PROBLEM, PROBLEM_TYPE, type Problem } from '../../api/problem/index.ts';
import { utf8 } from '../../lib/bytes.ts';

/** One request on its way to its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for `100 Continue` before it sends its body. */
  awaited: boolean;
  /** The request was authorised: its body may be read. */
  trusted: boolean;
}

type Headers = Readonly<Record<string, string | number>>;

/** How long a refused client may take to notice that it sends in vain, in ms. */
const LINGER = 1000;

export function sendJson(exchange: Exchange, status: number, value: unknown, headers: Headers = {}): void {
  send(exchange, status, { 'content-type': 'application/json', ...headers }, utf8(JSON.stringify(value)));
}

export function sendProblem(exchange: Exchange, problem: Problem, headers: Headers = {}): void {
  const body = utf8(JSON.stringify(problem)).subarray(0, MAX_PROBLEM);
  send(exchange, problem.status, { 'content-type': PROBLEM_TYPE, ...headers }, body);
}

/** Answers, and sees to it that a body nobody wants is neither read nor mistaken for the next request. */
export function send(exchange: Exchange, status: number, headers: Headers, body?: Uint8Array): void {
  const { request, response } = exchange;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const all = { ...COMMON, ...headers, ...(status === 204 ? {} : { 'content-length': body?.length ?? 0 }) };
  const unread = hasBody(request) && !request.complete;
  if (!unread) {
    response.writeHead(status, all).end(body);
  } else if (exchange.trusted && !exchange.awaited) {
    request.resume();
    response.writeHead(status, all).end(body);
  } else {
    response.writeHead(status, { ...all, connection: 'close' });
    if (exchange.awaited) response.end(body);
    else linger(exchange, body);
  }
}

/**
 * Closing a connection with unread bytes resets it, and a reset can overtake the answer. So the answer goes out,
 * and the end follows when the client has left or had its time.
 */
function linger({ request, response }: Exchange, body: Uint8Array | undefined): void {
  response.flushHeaders();
  if (body) response.write(body);
  const timer = setTimeout(() => response.end(), LINGER);
  request.socket.once('close', () => clearTimeout(timer));
}

/** Everything here is for one device only, and never a page. */
export const COMMON: Headers = {
  'cache-control': 'private, no-store',
  'x-content-type-options': 'nosniff',
};

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
