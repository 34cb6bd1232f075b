import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { deviceClient } from '../../../api/client/index.ts';
import { awayFor, heeding, ServerBusyError } from './busy.ts';

const device = 'A'.repeat(22);

/** A server that gives these answers, one for each request, and then nothing new. */
async function serve(t: TestContext, ...answers: readonly ((response: ServerResponse) => void)[]) {
  let asked = 0;
  const server = createServer((_, response) => {
    const answer = answers[asked++];
    if (answer) answer(response);
    else response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const message = (patience: number, signal = new AbortController().signal) =>
    heeding(
      (fetch, until) =>
        deviceClient({ url, device, fetch, login: async () => 'x', firstPause: 1 }).message(0, until),
      signal,
      patience,
    );
  return { message, asked: () => asked };
}

const unavailable =
  (after?: string) =>
  (response: ServerResponse): void =>
    void response.writeHead(503, after === undefined ? {} : { 'retry-after': after }).end('busy');

test('who is asked to come again does not ask before: the caller learns when, or it is waited for', async (t) => {
  const { message, asked } = await serve(t, unavailable('20'), unavailable('1'));
  await assert.rejects(message(15_000), (error: unknown) => {
    assert.ok(error instanceof ServerBusyError && error.kind === 'failed');
    assert.ok(error.after >= 20_000 && error.after < 21_000);
    return true;
  });
  assert.equal(asked(), 1);
  assert.equal(await message(15_000), undefined);
  assert.equal(asked(), 3);
});

test('a server that only is not there is asked again by the client itself; a signal ends it all', async (t) => {
  const { message, asked } = await serve(t, unavailable(), unavailable(), unavailable('5'));
  const stop = new AbortController();
  const waits = message(15_000, stop.signal);
  while (asked() < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(new Error('enough'));
  await assert.rejects(waits, /enough|abort/);
  assert.equal(asked(), 3);
});

test('a time is drawn within the second that is said, and has a bound', () => {
  const away = (status: number, after: string | null, random: number) =>
    awayFor({ status, headers: { get: () => after } }, random);
  assert.equal(away(503, '7', 0), 7000);
  assert.equal(away(503, '7', 0.5), 7500);
  assert.equal(away(503, '999999', 0), 300_000);
  assert.deepEqual(
    [away(503, null, 0), away(503, '0', 0), away(429, '7', 0)],
    [undefined, undefined, undefined],
  );
});
