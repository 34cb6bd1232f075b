import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { callDevice, type DeviceTransport } from '../../../api/device/index.ts';
import { DeviceError } from '../errors.ts';
import { toProblem } from '../problem.ts';
import { isServed, type ServedSocket, serveSocket, socketTransport } from './index.ts';

let scratch: string;
let path: string;
let served: ServedSocket;
let aborted: Promise<void>;

/** Answers as its parameters say: what travels is under test here, not what a device does. */
const device: DeviceTransport = {
  async call(operation, params, { onEvent, signal }) {
    if (operation === 'sourceList') return void (await onEvent({ kind: 'result', value: { sources: [] } }));
    if (operation === 'verify') throw new TypeError('a bug');
    if (operation === 'sets') {
      return void (await onEvent({
        kind: 'problem',
        problem: toProblem(new DeviceError('ERR_NOT_ENROLLED', 'not enrolled')),
      }));
    }
    if (operation === 'ls') {
      const entry = {
        kind: 'entry',
        database: 'A',
        class: 'personal',
        label: 'l',
        title: 't',
        type: 't',
        time: 0,
        size: 0,
      };
      for (let n = 0; n < 20_000; n++) await onEvent({ ...entry, uid: `${n}` });
      const set = { set: 'A'.repeat(22), chain: 'A'.repeat(22), device: 'A'.repeat(22), counter: 1, time: 1 };
      return void (await onEvent({
        kind: 'result',
        value: { destination: 'd', set, freshness: { kind: 'unknown' }, entries: 20_000 },
      }));
    }
    assert.equal(operation, 'backup');
    assert.deepEqual(params, {});
    await onEvent({ kind: 'notice', code: 'BEGUN', message: 'begun' });
    aborted = new Promise((resolve) => signal!.addEventListener('abort', () => resolve()));
    await aborted;
    await onEvent({ kind: 'problem', problem: toProblem(undefined, true) });
  },
};

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-socket-'));
  path = join(scratch, 'agent.sock');
  await writeFile(path, '');
  served = await serveSocket(path, device);
});
after(async () => {
  await served.close();
  await rm(scratch, { recursive: true, force: true });
});

const raw = (
  options: object,
  body: string | Uint8Array = '{}',
): Promise<{ status: number; type: string; text: string }> =>
  new Promise((resolve, reject) => {
    const defaults = {
      socketPath: path,
      method: 'POST',
      path: '/v1/sourceList',
      headers: { 'content-type': 'application/json' },
    };
    const sent = request({ ...defaults, agent: false, ...options }, async (response) => {
      let text = '';
      for await (const piece of response) text += piece;
      resolve({ status: response.statusCode!, type: response.headers['content-type']!, text });
    });
    sent.on('error', reject);
    sent.end(body);
  });

test('the socket is the user’s alone, and takes the place of one that a crash left', async () => {
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.ok((await stat(path)).isSocket());
  assert.equal(await isServed(path), true);
  assert.equal(await isServed(join(scratch, 'none')), false);
});

test('results, problems and floods of entries come through', async () => {
  const transport = socketTransport(path);
  assert.deepEqual(await callDevice(transport, 'sourceList', {}), { sources: [] });
  await assert.rejects(callDevice(transport, 'sets', {}), { code: 'ERR_NOT_ENROLLED', kind: 'no-key' });
  let entries = 0;
  await callDevice(transport, 'ls', {}, { onEvent: () => entries++ });
  assert.equal(entries, 20_000);
});

test('a bug in the device is told as a failure, and the agent lives on', async () => {
  await assert.rejects(callDevice(socketTransport(path), 'verify', {}), {
    code: 'ERR_UNEXPECTED',
    kind: 'failed',
  });
  assert.equal(await isServed(path), true);
});

test('whoever closes the connection ends the operation', async () => {
  const stop = new AbortController();
  const call = callDevice(
    socketTransport(path),
    'backup',
    {},
    { signal: stop.signal, onEvent: () => stop.abort() },
  );
  await assert.rejects(call, { code: 'ERR_INTERRUPTED', kind: 'interrupted' });
  await aborted;
});

test('malformed requests are problems', async () => {
  const is = async (status: number, options: object, body?: string | Uint8Array) => {
    const answer = await raw(options, body);
    assert.equal(answer.status, status);
    assert.equal(answer.type, 'application/problem+json');
    assert.equal(JSON.parse(answer.text).kind, 'usage');
  };
  await is(404, { path: '/v1/format' });
  await is(404, { path: '/v1/__proto__' });
  await is(404, { path: '/' });
  await is(405, { method: 'GET' }, '');
  await is(415, { headers: { 'content-type': 'text/plain' } });
  await is(400, {}, '{"a":');
  await is(400, {}, new Uint8Array([0x22, 0xff, 0x22]));
  await is(413, {}, new Uint8Array(5 * 1024 * 1024).fill(0x20));
});

test('an agent that ends interrupts what runs', async () => {
  const other = join(scratch, 'other.sock');
  const ending = await serveSocket(other, device);
  const call = callDevice(socketTransport(other), 'backup', {}, { onEvent: () => void ending.close() });
  await assert.rejects(call, { kind: 'interrupted' });
  await assert.rejects(callDevice(socketTransport(other), 'sourceList', {}), {
    code: 'ERR_DEVICE_GONE',
    kind: 'failed',
  });
});

test('a path that no socket can have is said', async () => {
  await assert.rejects(serveSocket(join(scratch, 'x'.repeat(120)), device), {
    code: 'ERR_STATE_DIRECTORY',
    kind: 'usage',
  });
});
