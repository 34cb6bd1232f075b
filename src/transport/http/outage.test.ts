import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { fromUtf8 } from '../../lib/bytes.ts';
import type { Outage } from '../index.ts';
import { type HttpOptions, httpTransport } from './index.ts';

/** A host that goes away and comes back at the same address. */
class Host {
  readonly #listener: RequestListener;
  #server: Server | undefined;
  port = 0;

  constructor(t: TestContext, listener: RequestListener) {
    this.#listener = listener;
    t.after(() => this.leave());
  }

  async come(): Promise<void> {
    this.#server = createServer(this.#listener).listen(this.port, '127.0.0.1');
    await new Promise((resolve) => this.#server!.once('listening', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async leave(): Promise<void> {
    await new Promise((resolve) => this.#server?.close(resolve).closeAllConnections() ?? resolve(undefined));
    this.#server = undefined;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }
}

function client(t: TestContext, retry: HttpOptions['retry'], timeouts: HttpOptions['timeouts'] = {}) {
  const told: Outage[] = [];
  const transport = httpTransport({
    retry: { attempts: 2, base: 10, total: 60, longest: 40, ...retry },
    timeouts: { connect: 500, idle: 300, ...timeouts },
    onOutage: (outage) => void told.push(outage),
  });
  t.after(() => transport.close());
  return { transport, told };
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a host that has answered is waited for: told once, all requests go on, each try with a new proof', async (t) => {
  const proofs: unknown[] = [];
  const host = new Host(t, (req, res) => {
    proofs.push(req.headers['x-proof']);
    res.end('here');
  });
  await host.come();
  const { transport, told } = client(t, { patience: 5000 });
  await transport.request({ method: 'GET', url: host.url });
  await host.leave();
  let made = 0;
  const proof = async () => ({ 'x-proof': `${++made}` });
  const asked = [1, 2, 3].map(() => transport.request({ method: 'GET', url: host.url, proof }));
  await after(400);
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['waiting'],
  );
  assert.ok(made > 9, `${made} tries`);
  await host.come();
  for (const answer of await Promise.all(asked)) assert.equal(fromUtf8(answer.body), 'here');
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['waiting', 'over'],
  );
  assert.ok(told[1]!.kind === 'over' && told[1]!.after >= 300 && told[1]!.after < 5000);
  assert.ok(told[0]!.kind === 'waiting' && /ECONN/.test(told[0]!.reason));
  assert.equal(new Set(proofs).size, proofs.length);
});

test('not for ever, and not when it has never answered', async (t) => {
  const host = new Host(t, (_req, res) => void res.end());
  await host.come();
  const { transport, told } = client(t, { patience: 500 });
  await transport.request({ method: 'GET', url: host.url });
  await host.leave();
  const began = performance.now();
  const asked = [1, 2].map(() => transport.request({ method: 'GET', url: host.url }));
  for (const one of await Promise.allSettled(asked))
    assert.ok(one.status === 'rejected' && one.reason.code === 'ERR_TRANSPORT_UNREACHABLE');
  const waited = performance.now() - began;
  assert.ok(waited > 300 && waited < 3000, `${waited} ms`);
  // Those that come later do not begin to wait anew.
  const soon = performance.now();
  await assert.rejects(transport.request({ method: 'GET', url: host.url }), { kind: 'failed' });
  assert.ok(performance.now() - soon < 300);

  const never = client(t, { patience: 60_000 });
  await assert.rejects(never.transport.request({ method: 'GET', url: host.url }), { message: /2 tries/ });
  assert.deepEqual([told.length, never.told.length], [1, 0]);
});

test('503 and its Retry-After are waited for, 500 is not', async (t) => {
  let status = 503;
  let asked = 0;
  const host = new Host(t, (_req, res) => {
    asked++;
    if (asked > 6) res.end('well');
    else res.writeHead(status, asked === 1 ? { 'retry-after': '1' } : {}).end();
  });
  await host.come();
  const { transport, told } = client(t, { patience: 5000 });
  // Also from the first request on: it says itself when to come back.
  const began = performance.now();
  asked = 0;
  status = 503;
  await transport.request({ method: 'GET', url: host.url }).then(({ status }) => assert.equal(status, 503));
  assert.ok(performance.now() - began >= 1000);
  assert.deepEqual([asked, told.length], [2, 1]);
  asked = 6;
  await transport.request({ method: 'GET', url: host.url });
  asked = 1;
  assert.equal((await transport.request({ method: 'GET', url: host.url })).status, 200);
  asked = 1;
  status = 500;
  assert.equal((await transport.request({ method: 'GET', url: host.url })).status, 500);
  assert.equal(asked, 3);
});

test('an answer that trickles ends, in its head and in its body; a slow one does not', async (t) => {
  const timers = new Set<NodeJS.Timeout>();
  t.after(() => timers.forEach(clearInterval));
  const every = (ms: number, what: () => void): void => void timers.add(setInterval(what, ms));
  const host = new Host(t, (req, res) => {
    if (req.url === '/head') {
      res.socket!.write('HTTP/1.1 200 OK\r\nX-Long: ');
      every(50, () => res.socket?.write('x'));
    } else {
      res.writeHead(200, { 'content-length': 60 });
      const size = req.url === '/slow' ? 10 : 1;
      let sent = 0;
      every(50, () => void (sent < 60 ? res.write('x'.repeat(size), () => (sent += size)) : 0));
    }
  });
  await host.come();
  const { transport } = client(t, { attempts: 1 }, { connect: 100, idle: 200, slowest: 100 });
  for (const [path, says] of [
    ['head', /no answer/],
    ['body', /next to nothing/],
  ] as const) {
    const began = performance.now();
    await assert.rejects(transport.request({ method: 'GET', url: host.url + path }), {
      code: 'ERR_TRANSPORT_TIMEOUT',
      message: says,
    });
    assert.ok(performance.now() - began < 2000, path);
  }
  assert.equal((await transport.request({ method: 'GET', url: `${host.url}slow` })).body.length, 60);
});
