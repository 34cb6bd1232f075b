/** A server that has too much to do says when to come again: nobody asks before, and nobody waits for it with a lock. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BaseError } from '../../../lib/errors.ts';
import {
  type FetchAnswer,
  type FetchRequest,
  httpFetch,
  parseRetryAfter,
} from '../../../transport/http/index.ts';

/** However long a server, or who claims to be one, asks for, ms. */
const LONGEST = 5 * 60_000;
/** On top of that up to this, left to chance: answers count in seconds, and devices would come on the stroke, ms. */
const STROKE = 1000;

export class ServerBusyError extends BaseError<'ERR_SERVER_BUSY'> {
  /** ms to stay away. */
  readonly after: number;

  constructor(after: number) {
    const seconds = Math.ceil(after / 1000);
    super('ERR_SERVER_BUSY', 'failed', `the server is busy and asks to come again in ${seconds} s`);
    this.after = after;
  }
}

export type Fetch = (url: string, request: FetchRequest) => Promise<FetchAnswer>;

/**
 * Asks, and where the server is busy waits as it says.
 *
 * @param ask with this way, until this signal
 * @param patience ms in all
 * @throws ServerBusyError when that would take longer
 */
export async function heeding<T>(
  ask: (fetch: Fetch, signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
  patience: number,
): Promise<T> {
  for (let left = patience; ; ) {
    try {
      return await once(ask, signal);
    } catch (error) {
      if (!(error instanceof ServerBusyError) || error.after > left) throw error;
      left -= error.after;
      await sleep(error.after, undefined, { signal });
    }
  }
}

/** The client would ask again by its own time: it is stopped. */
function once<T>(ask: (fetch: Fetch, signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  const busy = new AbortController();
  const fetch: Fetch = async (url, request) => {
    const answer = await httpFetch(url, request);
    const after = awayFor(answer, Math.random());
    if (after !== undefined) busy.abort(new ServerBusyError(after));
    return answer;
  };
  return ask(fetch, AbortSignal.any([signal, busy.signal]));
}

/**
 * How long an answer asks to stay away, ms; undefined when it does not.
 *
 * @param random from 0 to below 1
 */
export function awayFor(
  { status, headers }: Pick<FetchAnswer, 'status' | 'headers'>,
  random: number,
): number | undefined {
  const asked = status === 503 ? parseRetryAfter(headers.get('retry-after') ?? undefined, Date.now()) : 0;
  return asked > 0 ? Math.min(asked, LONGEST) + random * STROKE : undefined;
}
