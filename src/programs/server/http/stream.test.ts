import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, stop } from '../listen.ts';
import type { Sink, Streams } from '../service/index.ts';
import { eventStream } from './stream.ts';

/** A stream of one device over a real connection. */
async function stream(t: TestContext): Promise<{ sink: Sink; closed: () => number; socket: Socket }> {
  let closed = 0;
  const opened = Promise.withResolvers<Sink>();
  const streams: Pick<Streams, 'open' | 'closed'> = {
    open: (_device, _after, sink) => opened.resolve(sink),
    closed: () => void closed++,
  };
  const server = createServer((_, answer) => eventStream(streams, 'A'.repeat(22), 0, answer));
  const socket = connect(await listen(server, '127.0.0.1', 0), '127.0.0.1');
  t.after(async () => {
    socket.destroy();
    await stop(server);
  });
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  return { sink: await opened.promise, closed: () => closed, socket };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 400, 'it did not happen within 4 s');
    await sleep(10);
  }
}

test('a stream whose reader has gone can still be written to and ended, without harm', async (t) => {
  const { sink, closed, socket } = await stream(t);
  socket.destroy();
  await until(() => closed() === 1);
  sink.beat();
  sink.send(1, 0);
  sink.end();
  await sleep(10);
  assert.equal(closed(), 1);
});

test('a reader that reads nothing is cut off, and takes no memory', async (t) => {
  const { sink, closed, socket } = await stream(t);
  socket.pause();
  for (let seq = 1; closed() === 0; seq++) {
    assert.ok(seq < 1_000_000, 'everything was taken');
    sink.send(seq, 0);
    if (seq % 1000 === 0) await sleep(0);
  }
});

test('ending a stream sends what was written', async (t) => {
  const { sink, socket } = await stream(t);
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1');
  });
  sink.send(7, 20_000);
  sink.end();
  sink.send(8, 0);
  await until(() => heard.includes('\r\n0\r\n\r\n'));
  assert.match(
    heard,
    /^HTTP\/1\.1 200 [\s\S]*content-type: text\/event-stream[\s\S]*retry: 2000\n\n[\s\S]*event: message\nid: 7\nspread: 20000\ndata: 7\n\n/,
  );
  assert.match(heard, /cache-control: no-store/);
  assert.ok(!heard.includes('data: 8'));
});
