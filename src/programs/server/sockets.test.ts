/** Connections that dawdle, that send much, or that never end: real sockets, small numbers. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodePlatform as platform } from '../../platform/node.ts';
import { newId } from '../../policy/message/index.ts';
import { enrolDevice, type SimulatedDevice, type World, world } from './world.test.ts';

interface Talk {
  /** All that was answered, when the connection has ended. */
  readonly ended: Promise<string>;
  /** What was answered first. */
  readonly answered: Promise<string>;
  heard(): string;
  write(text: string | Uint8Array): boolean;
}

const open = new Set<Socket>();
const hangUp = (): void => {
  for (const socket of open) socket.destroy();
  open.clear();
};
afterEach(hangUp);

function talk({ server }: World, text: string): Talk {
  const socket = connect(server.port, '127.0.0.1');
  socket.write(text);
  open.add(socket);
  let heard = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1');
  });
  return {
    ended: new Promise((resolve) => socket.on('close', () => resolve(heard))),
    answered: new Promise((resolve) => socket.once('data', (chunk) => resolve(chunk.toString('latin1')))),
    heard: () => heard,
    write: (more) => !socket.destroyed && socket.write(more),
  };
}

const within = async <T>(ms: number, what: Promise<T>): Promise<T> => {
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms).unref(),
  );
  return Promise.race([what, late]);
};

const head = (line: string, fields: Record<string, string | number>): string =>
  `${line} HTTP/1.1\r\nhost: x\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

const json = { 'content-type': 'application/json' };
const limits = { headers: 300, request: 900, idle: 3000 };

async function reportHead(device: SimulatedDevice, length: number): Promise<string> {
  const path = `/api/v1/devices/${device.id}/reports`;
  const login = await device.login({ method: 'POST', path, body: new Uint8Array(length) });
  return head(`POST ${path}`, { ...json, 'content-length': length, authorization: `Holdfast ${login}` });
}

test('heads and bodies that dawdle are cut off, and hold up nobody meanwhile', async (t) => {
  const w = await world(t, { limits });
  await w.admin.addUser('ada');
  const device = await enrolDevice(w, { user: 'ada' });
  const slow = [
    ...Array.from({ length: 10 }, () => talk(w, 'GET /healthz HTTP/1.1\r\nhost: x\r\nslow: ')),
    ...Array.from({ length: 10 }, () =>
      talk(w, head('POST /api/v1/enrolments', { ...json, 'content-length': 500 })),
    ),
    // Also of those who have shown who they are.
    talk(w, await reportHead(device, 500)),
    talk(
      w,
      head('POST /api/v1/admin/users', {
        ...json,
        'content-length': 500,
        authorization: `Bearer ${w.token}`,
      }),
    ),
  ];
  const drip = setInterval(() => {
    for (const one of slow) one.write('x');
  }, 50);
  t.after(() => clearInterval(drip));
  assert.equal(await device.fetch(), true);
  assert.equal((await w.admin.users()).length, 1);
  const answers = await within(4000, Promise.all(slow.map(({ ended }) => ended)));
  for (const answer of answers) assert.match(answer, /^(HTTP\/1\.1 408 [\s\S]*)?$/);
  assert.equal((await w.admin.users()).length, 1);
});

test('who proves nothing is answered before a byte of the body is here', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const device = await enrolDevice(w, { user: 'ada' });
  const path = `/api/v1/devices/${device.id}/reports`;
  const login = await device.login({ method: 'POST', path: `${path}x`, body: new Uint8Array() });
  for (const [line, fields, status] of [
    [`POST ${path}`, {}, 401],
    [`POST ${path}`, { authorization: `Holdfast ${login}` }, 401],
    [`POST /api/v1/devices/${newId(platform)}/reports`, {}, 401],
    ['POST /api/v1/admin/users', {}, 401],
    ['POST /api/v1/admin/policies/apply', { authorization: 'Bearer wrong' }, 401],
  ] as const) {
    const { answered } = talk(w, head(line, { ...json, ...fields, 'content-length': 60_000 }));
    assert.match(await within(1000, answered), new RegExp(`^HTTP/1\\.1 ${status} `), line);
  }
  const used = await reportHead(device, 300);
  const first = talk(w, used);
  first.write(new Uint8Array(300));
  assert.match(await within(1000, first.answered), /^HTTP\/1\.1 400 /);
  assert.match(await within(1000, talk(w, used).answered), /^HTTP\/1\.1 401 /, 'replayed, without its body');
});

test('each route takes only as much as it can need, and says so before it is sent', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const device = await enrolDevice(w, { user: 'ada' });
  const own = `/api/v1/devices/${device.id}`;
  const admin = { authorization: `Bearer ${w.token}` };
  for (const [line, length, fields] of [
    ['POST /api/v1/enrolments', 41_000, {}],
    [`POST ${own}/reports`, 1_100_000, {}],
    [`POST ${own}/grants`, 9000, {}],
    [`POST ${own}/time`, 9000, {}],
    [`GET ${own}/message`, 1, {}],
    ['POST /api/v1/admin/users', 66_000, admin],
    ['POST /api/v1/admin/policies/apply', 5_000_000, admin],
    ['DELETE /api/v1/admin/users/ada', 1, admin],
  ] as const) {
    const { answered } = talk(w, head(line, { ...json, ...fields, 'content-length': length }));
    assert.match(await within(1000, answered), /^HTTP\/1\.1 413 [\s\S]*ERR_TOO_LARGE/, line);
  }
});

test('who has failed too often is not listened to at the enrolment either', async (t) => {
  const w = await world(t);
  const ask = () =>
    fetch(`${w.server.url}/api/v1/enrolments`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ v: 1, id: newId(platform), sealed: 'x', mac: 'x' }),
    });
  for (let count = 0; count < 20; count++) await (await ask()).arrayBuffer();
  const { answered } = talk(w, head('POST /api/v1/enrolments', { ...json, 'content-length': 500 }));
  assert.match(await within(1000, answered), /^HTTP\/1\.1 429 /);
});

test('there are only so many connections, and so many requests on one', async (t) => {
  const w = await world(t, { limits: { connections: 4, requestsPerSocket: 3 } });
  for (let count = 0; count < 3; count++) talk(w, 'GET /healthz HTTP/1.1\r\nhost: x\r\n');
  const asked = talk(w, head('GET /healthz', {}).repeat(5));
  for (let tries = 0; asked.heard().match(/HTTP\/1\.1 /g)?.length !== 5; tries++) {
    assert.ok(tries < 200, asked.heard());
    await sleep(10);
  }
  const statuses = [...asked.heard().matchAll(/HTTP\/1\.1 ([0-9]{3})/g)].map(([, status]) => status);
  assert.deepEqual(statuses, ['200', '200', '200', '503', '503']);
  assert.equal(await within(1000, talk(w, head('GET /healthz', {})).ended), '', 'one too many is closed');
  hangUp();
  await sleep(50);
  assert.match(await within(1000, talk(w, head('GET /healthz', {})).answered), /^HTTP\/1\.1 200 /);
});
