import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sink, Streams } from '../service/index.ts';
import { eventStream } from './stream.ts';

test('a stream whose reader has gone can still be written to and ended, without harm', async () => {
  let sink: Sink | undefined;
  let closed = 0;
  const streams: Pick<Streams, 'open'> = {
    open(_device, _after, opened) {
      sink = opened;
      return () => void closed++;
    },
  };
  const response = eventStream(streams, 'A'.repeat(22), 0);
  await response.body!.cancel();
  assert.equal(closed, 1);
  sink!.beat();
  sink!.send(1);
  sink!.end();
  assert.equal(closed, 1);
});
