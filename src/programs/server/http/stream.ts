import { utf8 } from '../../../lib/bytes.ts';
import type { Streams } from '../service/index.ts';

/** Texts that may wait for a slow reader; then the stream is ended and the device comes again. */
const MAX_WAITING = 16;

/** Server-sent events (WHATWG HTML §9.2) for one device: flat memory, whatever the reader does. */
export function eventStream(streams: Pick<Streams, 'open'>, device: string, after: number): Response {
  let close = (): void => {};
  let ended = false;
  const events = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const end = (): void => {
          if (ended) return;
          ended = true;
          close();
          controller.close();
        };
        const write = (text: string): void => {
          if (ended) return;
          if ((controller.desiredSize ?? 0) <= 0) end();
          else controller.enqueue(utf8(text));
        };
        write('retry: 2000\n\n');
        close = streams.open(device, after, {
          send: (seq) => write(`event: message\nid: ${seq}\ndata: ${seq}\n\n`),
          beat: () => write(':\n\n'),
          end,
        });
      },
      // The reader has gone; who still holds the sink may use it: closing a stream twice throws.
      cancel: () => {
        ended = true;
        close();
      },
    },
    { highWaterMark: MAX_WAITING },
  );
  return new Response(events, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // nginx would hold events back
      'x-accel-buffering': 'no',
    },
  });
}
