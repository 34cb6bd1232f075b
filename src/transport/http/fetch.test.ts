import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { fromUtf8, utf8 } from '../../lib/bytes.ts';
import { type FetchRequest, httpFetch } from './index.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const get = (more: Partial<FetchRequest> = {}): FetchRequest => ({
  ...{ method: 'GET', headers: {}, signal: AbortSignal.timeout(5000) },
  ...more,
});

test('it answers as fetch does', async (t) => {
  const url = await serve(t, async (req, res) => {
    let text = '';
    for await (const piece of req) text += piece;
    res.writeHead(req.url === '/no' ? 418 : 200, { 'X-Sent': req.headers['x-sent'] ?? 'nothing' });
    res.end(`${req.method} ${text}`);
  });
  const body = utf8('näme');
  for (const [path, init] of [
    ['', get()],
    ['', get({ method: 'POST', headers: { 'x-sent': '1' }, body })],
    ['no', get({ method: 'PUT', body })],
  ] as const) {
    const ours = await httpFetch(url + path, init);
    const theirs = await fetch(url + path, init as RequestInit);
    for (const what of ['ok', 'status'] as const) assert.equal(ours[what], theirs[what]);
    for (const name of ['x-sent', 'X-SENT', 'x-absent'])
      assert.equal(ours.headers.get(name), theirs.headers.get(name));
    const text = fromUtf8(Buffer.concat(await Array.fromAsync(ours.body!)));
    assert.equal(text, await theirs.text());
  }
});

test('an answer without a body has none, and its connection serves the next', async (t) => {
  const from = new Set<number | undefined>();
  const url = await serve(t, (req, res) => {
    from.add(req.socket.remotePort);
    res.writeHead(204).end();
  });
  for (let n = 0; n < 3; n++) {
    assert.equal((await httpFetch(url, get())).body, null);
    await new Promise(setImmediate);
  }
  assert.equal(from.size, 1);
});

test('nothing is sent to where a server points', async (t) => {
  let asked = 0;
  const url = await serve(t, (_req, res) => {
    asked++;
    res.writeHead(302, { location: '/elsewhere' }).end();
  });
  await assert.rejects(httpFetch(url, get()), /points elsewhere/);
  assert.equal(asked, 1);
});

test('who does not answer, and whoever is stopped, is an error that says so', async (t) => {
  const url = await serve(t, (req, res) => {
    if (req.url === '/half') res.writeHead(200).write('half');
  });
  await assert.rejects(httpFetch('http://127.0.0.1:1/', get()), /ECONNREFUSED/);
  await assert.rejects(httpFetch('http://localhost:1/', get()), /ECONNREFUSED/);
  await assert.rejects(httpFetch(url, get({ signal: AbortSignal.timeout(20) })), { name: 'AbortError' });
  const stopping = new AbortController();
  const { body } = await httpFetch(`${url}half`, get({ signal: stopping.signal }));
  await assert.rejects(async () => {
    for await (const _ of body!) stopping.abort();
  });
});
