import { ProblemError } from '../problem/index.ts';
import { spreadSchema, streamEventSchema } from '../server/index.ts';
import { ClientError } from './errors.ts';
import { parseEvents } from './events.ts';
import { backoff, pause } from './pause.ts';
import { type Connection, mayPass, send } from './request.ts';

export interface StreamOptions {
  /** Sequence of the message accepted last; 0 when none. */
  readonly after: number;
  readonly signal: AbortSignal;
  /** Told when a connection stands, and when it broke and will be tried again in so many ms. */
  readonly onState?: ((state: StreamState) => void) | undefined;
  /** ms without as much as a heartbeat; default 60 s. */
  readonly silence?: number | undefined;
  /** ms before the first new attempt, and at most. Default 1 s and 60 s. */
  readonly firstPause?: number | undefined;
  readonly longestPause?: number | undefined;
}

/** That there is something to be fetched. */
export interface WakeUp {
  /** Of a message that is there, or of one before it. */
  readonly seq: number;
  /** ms: many were told at once, and are to come within this, each at a time that it draws. 0: at once. */
  readonly spread: number;
}

export type StreamState =
  | { readonly kind: 'connected' }
  | { readonly kind: 'waiting'; readonly pause: number; readonly error: unknown };

/**
 * What is to be fetched, as it is told. Connects again for as long as the signal
 * allows, saying what it saw last, so that nothing is missed; a sequence may come twice.
 *
 * @throws ProblemError when the server refuses the device
 */
export async function* wakeUps(
  connection: Connection,
  path: string,
  options: StreamOptions,
): AsyncGenerator<WakeUp, void, undefined> {
  const { signal, firstPause = 1000, longestPause = 60_000 } = options;
  let last = options.after;
  for (let failures = 0; !signal.aborted; failures++) {
    let error: unknown = new ClientError('ERR_SERVER_UNREACHABLE', 'the stream ended');
    try {
      for await (const told of once(connection, path, last, options)) {
        failures = 0;
        if (told === undefined) continue;
        last = Math.max(last, told.seq);
        yield told;
      }
    } catch (cause) {
      if (cause instanceof ProblemError && !mayPass(cause)) throw cause;
      error = cause;
    }
    if (signal.aborted) return;
    const wait = backoff(failures, firstPause, longestPause);
    options.onState?.({ kind: 'waiting', pause: wait, error });
    await pause(wait, signal).catch(() => undefined);
  }
}

/** One connection: a wake-up for each event, `undefined` for each heartbeat after the first. */
async function* once(
  connection: Connection,
  path: string,
  last: number,
  { signal, silence = 60_000, onState }: StreamOptions,
): AsyncGenerator<WakeUp | undefined, void, undefined> {
  const silent = new AbortController();
  const giveUp = () => silent.abort(new Error(`nothing came for ${silence} ms`));
  let timer = setTimeout(giveUp, silence);
  try {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(last) };
    const response = await send(
      connection,
      { method: 'GET', path, headers, repeatable: true },
      AbortSignal.any([signal, silent.signal]),
    );
    if (response.body === null || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
      throw new ClientError('ERR_SERVER_ANSWER', `${connection.url} does not answer with a stream`);
    }
    onState?.({ kind: 'connected' });
    let beats = 0;
    for await (const event of parseEvents(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, silence);
      // The very first piece comes before the server has looked whether it has anything for this device.
      if (event === undefined) {
        if (beats++ > 0) yield undefined;
      } else if (event.event === 'message') {
        const seq = streamEventSchema.safeParse(Number(event.data));
        const spread = spreadSchema.safeParse(Number(event.spread ?? 0));
        if (seq.success) yield { seq: seq.data, spread: spread.data ?? 0 };
      }
    }
  } finally {
    clearTimeout(timer);
    silent.abort();
  }
}
