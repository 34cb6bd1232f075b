import type { z } from 'zod';
import { concat, fromUtf8, utf8 } from '../../lib/bytes.ts';
import { MAX_PROBLEM, ProblemError, parseProblem } from '../problem/index.ts';
import { ClientError } from './errors.ts';
import { backoff, pause } from './pause.ts';

export interface Connection {
  /** Origin and path prefix of the server, without trailing slash. */
  readonly url: string;
  /**
   * Value of `Authorization` for one request. It is asked anew for each attempt. `path` is path and query as
   * they stand behind `url`.
   */
  readonly authorize: (request: { method: string; path: string; body: Uint8Array }) => Promise<string>;
  /** Default: the global one. */
  readonly fetch?: Fetch | undefined;
  /** ms for one attempt; default 30 s. */
  readonly timeout?: number | undefined;
  /** Attempts for what is safe to repeat; default 4. */
  readonly attempts?: number | undefined;
  /** ms before the second attempt; doubles with each. Default 250. */
  readonly firstPause?: number | undefined;
}

/** Of `fetch` what the client uses. */
export type Fetch = (
  url: string,
  request: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: Uint8Array<ArrayBuffer>;
    readonly redirect: 'error';
    readonly signal: AbortSignal;
  },
) => Promise<FetchAnswer>;

export interface FetchAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query behind `url`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether doing it twice does the same as doing it once. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Longest answer that is read. */
const MAX_ANSWER = 64 * 1024 * 1024;
const LONGEST_PAUSE = 10_000;

/**
 * Asks, and checks the answer's shape. `undefined` when there is nothing (204).
 *
 * @throws ProblemError when the server refuses
 * @throws ClientError `ERR_SERVER_UNREACHABLE`, `ERR_SERVER_ANSWER`
 */
export async function ask<S extends z.ZodType>(
  connection: Connection,
  request: Ask,
  schema: S,
): Promise<z.infer<S> | undefined> {
  return retried(connection, request, async (signal) => {
    const response = await send(connection, request, signal);
    if (response.status === 204) return undefined;
    const text = fromUtf8(await read(response, MAX_ANSWER));
    return parseAnswer(connection, request, text, schema);
  });
}

/** {@link ask} where the API always answers with something. */
export async function askFor<S extends z.ZodType>(
  connection: Connection,
  request: Ask,
  schema: S,
): Promise<z.infer<S>> {
  const answer = await ask(connection, request, schema);
  if (answer === undefined) throw notOurs(connection, request, 'nothing came back');
  return answer;
}

/** Sends one attempt. The answer's body is not read yet. @throws ProblemError, ClientError */
export async function send(connection: Connection, request: Ask, signal: AbortSignal): Promise<FetchAnswer> {
  const { method, path, headers } = request;
  const body = request.body === undefined ? new Uint8Array() : utf8(JSON.stringify(request.body));
  const authorization = await connection.authorize({ method, path, body });
  let response: FetchAnswer;
  try {
    response = await (connection.fetch ?? fetch)(connection.url + path, {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...headers,
        ...(authorization === '' ? {} : { authorization }),
        ...(body.length === 0 ? {} : { 'content-type': 'application/json' }),
      },
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
      // A token or login is for this server, wherever it points.
      redirect: 'error',
      signal,
    });
  } catch (cause) {
    throw new ClientError('ERR_SERVER_UNREACHABLE', `${connection.url} does not answer: ${reason(cause)}`, {
      cause,
    });
  }
  if (response.ok) return response;
  const type = response.headers.get('content-type') ?? undefined;
  const problem = parseProblem(type, await read(response, MAX_PROBLEM).catch(() => new Uint8Array()));
  if (problem !== undefined) throw new ProblemError(problem);
  if (response.status >= 500 || response.status === 429) {
    throw new ClientError('ERR_SERVER_UNREACHABLE', `${connection.url} answered ${response.status}`);
  }
  throw notOurs(connection, request, `status ${response.status} without a problem`);
}

async function retried<T>(
  connection: Connection,
  request: Ask,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeout = 30_000, attempts = 4, firstPause = 250 } = connection;
  for (let count = 0; ; count++) {
    try {
      const limit = AbortSignal.timeout(timeout);
      return await attempt(request.signal ? AbortSignal.any([request.signal, limit]) : limit);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!request.repeatable || count + 1 >= attempts || !mayPass(error)) throw error;
      await pause(backoff(count, firstPause, LONGEST_PAUSE), request.signal);
    }
  }
}

/** Whether trying again can help. */
export function mayPass(error: unknown): boolean {
  if (error instanceof ClientError) return error.code === 'ERR_SERVER_UNREACHABLE';
  return error instanceof ProblemError && (error.problem.status >= 500 || error.problem.status === 429);
}

async function read(response: FetchAnswer, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > limit) throw new RangeError('too long');
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof RangeError) {
      throw new ClientError('ERR_SERVER_ANSWER', `the answer is longer than ${limit} bytes`, { cause });
    }
    throw new ClientError('ERR_SERVER_UNREACHABLE', `the answer broke off: ${reason(cause)}`, { cause });
  }
  return concat(...chunks);
}

function parseAnswer<S extends z.ZodType>(
  connection: Connection,
  request: Ask,
  text: string,
  schema: S,
): z.infer<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notOurs(connection, request, 'no JSON');
  }
  // Once in a while: compiling the schema would cost more than it saves.
  const parsed = schema.safeParse(value, { jitless: true });
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw notOurs(connection, request, where === '' ? 'another shape' : `another shape at ${where}`);
}

const notOurs = ({ url }: Connection, { method, path }: Ask, what: string) =>
  new ClientError(
    'ERR_SERVER_ANSWER',
    `what answers ${method} ${url}${path} is not a Holdfast server of this version: ${what}`,
  );

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause instanceof Error ? error.cause.message : '';
  return inner === '' ? error.message : inner;
}
