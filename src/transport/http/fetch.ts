import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** What is sent by {@link httpFetch}: of `RequestInit` what our own clients use. */
export interface FetchRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
}

/** Of `Response` what they read. */
export interface FetchAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** To be read to its end, or left by leaving the loop; null where there is none (204). */
  readonly body: AsyncIterable<Uint8Array> | null;
}

/**
 * One request in the manner of `fetch`, which Node has in a library of its own: loading that costs a command as much
 * time and memory as all that it does with its server. Follows no redirect.
 */
export function httpFetch(
  url: string,
  { method, headers, body, signal }: FetchRequest,
): Promise<FetchAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<FetchAnswer>();
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const length = body ? { 'content-length': body.length } : {};
  const sent = send(url, { method, headers: { ...headers, ...length }, signal });
  sent.on('error', (cause) => reject(cause instanceof AggregateError ? cause.errors[0] : cause));
  sent.on('response', (message) => {
    const { statusCode = 0 } = message;
    if (statusCode >= 300 && statusCode < 400) {
      message.destroy();
      reject(new TypeError('it points elsewhere, where nothing is sent'));
    } else resolve(answerOf(message, statusCode));
  });
  sent.end(body);
  return promise;
}

function answerOf(message: IncomingMessage, status: number): FetchAnswer {
  const empty = status === 204;
  // Its end gives the connection back.
  if (empty) message.resume();
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: {
      get(name) {
        const value = message.headers[name.toLowerCase()];
        return Array.isArray(value) ? value.join(', ') : (value ?? null);
      },
    },
    body: empty ? null : message,
  };
}
