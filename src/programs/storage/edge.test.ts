import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytes, hash, raw, StorageKit, sha256 } from '../../../test/storage-kit.ts';
import { formatDigest } from '../../api/area/index.ts';

let kit: StorageKit;
before(async () => {
  kit = await StorageKit.start({ limits: { maxObject: 100_000 } });
});
after(() => kit.close());

const code = (answer: { readonly status: number; readonly json: Record<string, unknown> }) => [
  answer.status,
  answer.json.code,
];

describe('the edge', () => {
  test('path tricks are refused before anything else', async () => {
    const tricks = [
      'USER/%2e%2e/x',
      'USER/../x',
      'USER//x',
      'USER/x/',
      './USER/x',
      'USER/x.y',
      'USER\\x',
      'USER/x?y=1',
    ];
    for (const trick of [...tricks, 'USER/%00', `USER/${'x'.repeat(129)}`, '.ended/x', '%2enonce']) {
      const answer = await raw(kit.storage.port, { method: 'GET', path: kit.url(trick) });
      assert.deepEqual(code(answer), [400, 'ERR_REQUEST_MALFORMED'], trick);
    }
    for (const path of [
      '/',
      '/areas',
      '/areas/',
      '/other',
      `/areas/${kit.area}`,
      '/areas//x',
      '/favicon.ico',
    ]) {
      assert.deepEqual(
        code(await raw(kit.storage.port, { method: 'GET', path })),
        [404, 'ERR_NOT_FOUND'],
        path,
      );
    }
    const short = await raw(kit.storage.port, { method: 'GET', path: '/areas/short/x' });
    assert.equal(short.status, 400);
  });

  test('methods, health, the absolute form', async () => {
    const patch = await raw(kit.storage.port, { method: 'PATCH', path: kit.url('USER/x') });
    assert.deepEqual(
      [...code(patch), patch.headers.allow],
      [405, 'ERR_METHOD', 'GET, HEAD, PUT, POST, DELETE'],
    );
    assert.equal((await raw(kit.storage.port, { method: 'DELETE', path: kit.url('') })).status, 405);
    assert.deepEqual((await raw(kit.storage.port, { method: 'GET', path: '/healthz' })).json, {
      status: 'ok',
    });
    await kit.put('USER/D/abs', bytes(3));
    const headers = await kit.headers({ op: 'read', path: 'USER/D/abs' });
    const path = `http://any.example${kit.url('USER/D/abs')}`;
    assert.equal((await raw(kit.storage.port, { method: 'GET', path, headers })).status, 200);
  });

  test('a client that waits for 100 Continue is refused before it sends, or told to go on', async () => {
    const talk = (head: string, body: string) =>
      new Promise<string>((resolve, reject) => {
        let text = '';
        const socket = connect(kit.storage.port, '127.0.0.1', () => socket.write(head));
        socket.on('data', (chunk) => {
          text += chunk.toString('latin1');
          if (text.startsWith('HTTP/1.1 100') && !text.includes('HTTP/1.1 2')) socket.write(body);
          if (/\r\n\r\n\{.*\}$/s.test(text)) socket.end();
        });
        socket.on('error', reject);
        socket.on('close', () => resolve(text));
      });
    const body = 'some bytes';
    const head = async (path: string, grant = kit.grant) => {
      const all = {
        host: 'x',
        expect: '100-continue',
        'content-length': `${body.length}`,
        'content-digest': formatDigest(sha256(Buffer.from(body))),
        ...(await kit.headers({ op: 'append', path, digest: hash(body) }, { grant })),
      };
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
      return `PUT ${kit.url(path)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
    };
    assert.match(
      await talk(await head('USER/D/expect'), body),
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /,
    );
    assert.match(
      await talk(await head('USER/D/expect'), body),
      /^HTTP\/1\.1 200 /,
      'there already: nothing to send',
    );
    const denied = await talk(await head('USER/D/expect2', `${kit.grant}x`), body);
    assert.match(denied, /^HTTP\/1\.1 401 [\s\S]*connection: close/i);
    assert.match(await talk(await head('OTHER/D/expect'), body), /^HTTP\/1\.1 403 /);
  });

  test('of a stranger no body is read, but the answer arrives', async () => {
    const length = 50_000_000;
    const answer = await new Promise<string>((resolve, reject) => {
      let sent = 0;
      const socket = connect(kit.storage.port, '127.0.0.1', () => {
        const digest = formatDigest(sha256(Buffer.from('')));
        socket.write(
          `PUT ${kit.url('USER/x')} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\ncontent-digest: ${digest}\r\n\r\n`,
        );
        const more = () => {
          while (sent < length && !socket.destroyed) {
            sent += 100_000;
            if (!socket.write(Buffer.alloc(100_000))) return void socket.once('drain', more);
          }
        };
        more();
      });
      socket.once('data', (chunk) => {
        assert.ok(sent < length, `${sent} bytes were taken`);
        socket.destroy();
        resolve(chunk.toString('latin1'));
      });
      socket.on('error', reject);
    });
    assert.match(answer, /^HTTP\/1\.1 401 [\s\S]*ERR_GRANT_REQUIRED/);
  });

  test('clients that dawdle are cut off, bodies that stop leave nothing', async (t) => {
    const slow = await StorageKit.start({ limits: { headers: 300, idle: 600, request: 5000 } });
    t.after(() => slow.close());
    const wait = (text: string) =>
      new Promise<number>((resolve) => {
        const began = Date.now();
        const socket = connect(slow.storage.port, '127.0.0.1', () => socket.write(text));
        socket.on('error', () => {});
        socket.on('close', () => resolve(Date.now() - began));
        socket.resume();
      });
    assert.ok((await wait('GET /healthz HTTP/1.1\r\nhost: x\r\nslow: ')) < 3000);
    const body = bytes(1000);
    const headers = {
      ...(await slow.headers({ op: 'append', path: 'USER/D/stop', digest: hash(body) })),
      'content-digest': formatDigest(sha256(body)),
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    await wait(
      `PUT ${slow.url('USER/D/stop')} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n${lines.join('\r\n')}\r\n\r\nabc`,
    );
    assert.equal((await slow.get('USER/D/stop')).status, 404);
    assert.deepEqual(await readdir(join(slow.directory, 'incoming')), []);
    const large = await raw(slow.storage.port, {
      method: 'GET',
      path: '/healthz',
      headers: { x: 'y'.repeat(20_000) },
    });
    assert.equal(large.status, 431);
  });

  test('there are only so many connections, and so many requests on one', async (t) => {
    const small = await StorageKit.start({ limits: { connections: 3, requestsPerSocket: 2 } });
    t.after(() => small.close());
    const open = (text: string) => {
      const socket = connect(small.storage.port, '127.0.0.1');
      let heard = '';
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
      });
      socket.write(text);
      return { socket, heard: () => heard, closed: once(socket, 'close') };
    };
    const health = 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n';
    const held = [open('GET /healthz'), open('GET /healthz'), open(health.repeat(3))];
    for (let tries = 0; held[2]!.heard().match(/HTTP\/1\.1 /g)?.length !== 3; tries++) {
      assert.ok(tries < 200, held[2]!.heard());
      await sleep(10);
    }
    assert.match(held[2]!.heard(), /^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 503 /);
    const fourth = open(health);
    await fourth.closed;
    assert.equal(fourth.heard(), '', 'one too many is closed');
    for (const { socket } of held) socket.destroy();
    await sleep(50);
    assert.equal((await raw(small.storage.port, { method: 'GET', path: '/healthz' })).status, 200);
  });
});
