import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { fromUtf8, utf8 } from '../../lib/bytes.ts';
import { httpTransport } from './index.ts';
import { DEFAULT_RETRY, nextWait, parseRetryAfter } from './retry.ts';

const quick = { retry: { base: 5, total: 200 }, timeouts: { connect: 500, idle: 300 } };

async function serve(t: TestContext, listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

function client(t: TestContext, options = {}) {
  const transport = httpTransport({ ...quick, ...options });
  t.after(() => transport.close());
  return transport;
}

test('status, headers and body come back; parts go out as one body', async (t) => {
  const { url } = await serve(t, (req, res) => {
    const chunks: Uint8Array[] = [];
    req.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    req.on('end', () =>
      res.writeHead(201, { 'x-got': req.headers['content-length'] }).end(Buffer.concat(chunks)),
    );
  });
  const answer = await client(t).request({ method: 'PUT', url, body: [utf8('one '), utf8(''), utf8('two')] });
  assert.deepEqual([answer.status, answer.headers['x-got'], fromUtf8(answer.body)], [201, '7', 'one two']);
});

test('a large body waits for 100 Continue; a refusal costs no upload, silence is waited out', async (t) => {
  const body = Array.from({ length: 64 }, () => new Uint8Array(16 * 1024).fill(7));
  let mode: 'refuse' | 'silent' | 'continue' = 'refuse';
  let received = 0;
  const { url, server } = await serve(t, () => {});
  server.on('checkContinue', (req, res) => {
    if (mode === 'refuse') {
      res.writeHead(403, { connection: 'close' }).end('no');
      return;
    }
    if (mode === 'continue') res.writeContinue();
    req.on('data', (chunk: Uint8Array) => {
      received += chunk.length;
    });
    req.on('end', () => res.writeHead(201).end());
  });
  const transport = client(t, { timeouts: { connect: 500, idle: 3000 } });
  assert.equal((await transport.request({ method: 'PUT', url, body })).status, 403);
  assert.equal(received, 0);
  for (mode of ['continue', 'silent'] as const) {
    received = 0;
    assert.equal((await transport.request({ method: 'PUT', url, body })).status, 201);
    assert.equal(received, 1024 * 1024);
  }
});

test('429 and 5xx are tried again, other answers are not', async (t) => {
  let asked = 0;
  let status = 503;
  const { url } = await serve(t, (_req, res) => {
    asked++;
    res.writeHead(asked < 3 ? status : 200).end();
  });
  const transport = client(t);
  for (status of [429, 500, 502, 503, 504]) {
    asked = 0;
    assert.equal((await transport.request({ method: 'GET', url })).status, 200);
    assert.equal(asked, 3);
  }
  for (status of [301, 400, 401, 404, 409, 507, 501]) {
    asked = 0;
    assert.equal((await transport.request({ method: 'GET', url })).status, status);
    assert.equal(asked, 1);
  }
});

test('the last answer is returned when tries run out, and with a Retry-After beyond patience', async (t) => {
  let asked = 0;
  let after = '0';
  const { url } = await serve(t, (_req, res) => {
    asked++;
    res.writeHead(503, { 'retry-after': after }).end('busy');
  });
  const transport = client(t);
  const answer = await transport.request({ method: 'GET', url });
  assert.deepEqual([answer.status, fromUtf8(answer.body), asked], [503, 'busy', 4]);
  after = '60';
  asked = 0;
  assert.equal((await transport.request({ method: 'GET', url })).status, 503);
  assert.equal(asked, 1);
  after = '0';
  asked = 0;
  await transport.request({ method: 'POST', url, retry: false });
  assert.equal(asked, 1);
});

test('broken connections and cut answers are tried again', async (t) => {
  let asked = 0;
  const { url } = await serve(t, (req, res) => {
    asked++;
    if (asked === 1) req.socket.destroy();
    else if (asked === 2) {
      res.writeHead(200, { 'content-length': 10 });
      res.write('five!', () => req.socket.destroy());
    } else res.end('whole');
  });
  assert.equal(fromUtf8((await client(t).request({ method: 'GET', url })).body), 'whole');
  assert.equal(asked, 3);
});

test('nobody there, and nobody speaking', async (t) => {
  const { url } = await serve(t, () => {});
  const transport = client(t, { retry: { attempts: 2, base: 5, total: 100 } });
  await assert.rejects(transport.request({ method: 'GET', url }), {
    code: 'ERR_TRANSPORT_TIMEOUT',
    kind: 'failed',
    message: /2 tries/,
  });
  // Port 1 of the loopback: nobody listens there.
  await assert.rejects(transport.request({ method: 'GET', url: 'http://127.0.0.1:1/' }), {
    code: 'ERR_TRANSPORT_UNREACHABLE',
    message: /ECONNREFUSED/,
  });
});

test('a signal ends a request, and a wait between tries', async (t) => {
  const { url } = await serve(t, (req, res) => {
    if (req.url === '/busy') res.writeHead(503).end();
  });
  const transport = client(t, { retry: { base: 60_000, total: 600_000 } });
  for (const path of ['', 'busy']) {
    const abort = new AbortController();
    const asked = transport.request({ method: 'GET', url: url + path, signal: abort.signal });
    setTimeout(() => abort.abort(), 30);
    await assert.rejects(asked, { code: 'ERR_TRANSPORT_ABORTED', kind: 'interrupted' });
  }
});

test('an answer has a limit, announced or not; an error answer is cut there', async (t) => {
  let status = 200;
  let announced = true;
  const { url } = await serve(t, (_req, res) => {
    res.writeHead(status, announced ? { 'content-length': 100_000 } : {});
    res.end(Buffer.alloc(100_000));
  });
  const transport = client(t);
  for (announced of [true, false]) {
    const whole = await transport.request({ method: 'GET', url, limit: 100_000 });
    assert.equal(whole.body.length, 100_000);
    await assert.rejects(transport.request({ method: 'GET', url, limit: 99_999 }), {
      code: 'ERR_TRANSPORT_TOO_LONG',
    });
    status = 404;
    assert.ok((await transport.request({ method: 'GET', url, limit: 10 })).body.length <= 10);
    status = 200;
  }
  const head = await transport.request({ method: 'HEAD', url, limit: 10 });
  assert.deepEqual([head.status, head.body.length], [200, 0]);
});

test('a stream is read as it comes', async (t) => {
  const { url } = await serve(t, (_req, res) => {
    res.write('a');
    setTimeout(() => res.end('b'), 10);
  });
  const stream = await client(t).open({ method: 'GET', url });
  let text = '';
  for await (const chunk of stream.body) text += fromUtf8(chunk);
  assert.deepEqual([stream.status, text], [200, 'ab']);
});

test('waits grow, stay within the total, and end', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(20_000), (random, retryAfter) => {
      let waited = 0;
      let tried = 1;
      for (;;) {
        const wait = nextWait(DEFAULT_RETRY, tried, waited, random, retryAfter);
        if (wait === undefined) break;
        assert.ok(wait >= retryAfter && wait >= DEFAULT_RETRY.base / 2);
        waited += wait;
        tried++;
      }
      assert.ok(waited <= DEFAULT_RETRY.total && tried <= DEFAULT_RETRY.attempts);
    }),
  );
  assert.equal(parseRetryAfter('Wed, 21 Oct 2015 07:28:10 GMT', Date.UTC(2015, 9, 21, 7, 28, 0)), 10_000);
  assert.deepEqual(
    [undefined, '3', 'soon', '-1'].map((field) => parseRetryAfter(field, 0)),
    [0, 3000, 0, 0],
  );
});
