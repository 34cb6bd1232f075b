import type { ServerResponse } from 'node:http';
import type { Sink, Streams } from '../service/index.ts';
import { securityHeaders } from './headers.ts';

/** Bytes that may wait for a slow reader; then the connection is closed and the device comes again. */
const MAX_WAITING = 4096;

/**
 * Server-sent events (WHATWG HTML §9.2) for one device, written to the connection itself: what is kept for each of
 * thousands is this, and flat, whatever the reader does.
 */
export function eventStream(
  streams: Pick<Streams, 'open' | 'closed'>,
  device: string,
  after: number,
  to: ServerResponse,
): void {
  // The reader may have gone while it was looked at who it is.
  if (to.destroyed) return;
  forgetRequest(to);
  to.writeHead(200, [
    ...securityHeaders.flat(),
    ...['content-type', 'text/event-stream'],
    // nginx would hold events back
    ...['x-accel-buffering', 'no'],
  ]);
  const sink = new EventSink(to);
  to.write('retry: 2000\n\n');
  to.once('close', () => streams.closed(device, sink));
  streams.open(device, after, sink);
}

/** The request was looked at, and would stay as long as the stream: a third of what is kept for each. */
function forgetRequest(to: ServerResponse): void {
  // The framework's, by which it holds its own request and context.
  to.removeAllListeners('close');
  to.req.rawHeaders = [];
  to.req.headers = {};
}

class EventSink implements Sink {
  readonly #to: ServerResponse;

  constructor(to: ServerResponse) {
    this.#to = to;
  }

  send(seq: number, spread: number): void {
    // A field that older devices do not know is none to them (WHATWG HTML §9.2.6).
    const field = spread > 0 ? `spread: ${spread}\n` : '';
    this.#write(`event: message\nid: ${seq}\n${field}data: ${seq}\n\n`);
  }

  beat(): void {
    this.#write(':\n\n');
  }

  end(): void {
    if (!this.#to.writableEnded) this.#to.end();
  }

  #write(text: string): void {
    if (this.#to.writableEnded || this.#to.destroyed) return;
    if (this.#to.writableLength > MAX_WAITING) this.#to.destroy();
    else this.#to.write(text);
  }
}
