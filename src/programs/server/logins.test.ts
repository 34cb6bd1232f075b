import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodePlatform as platform } from '../../platform/node.ts';
import { newId, openTimeAnswer } from '../../policy/message/index.ts';
import { enrolDevice, world } from './world.test.ts';

const refused = (code: string) => ({ code });

test('a login counts once, for its own request, device and server', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const device = await enrolDevice(w, { user: 'ada' });
  const other = await enrolDevice(w, { user: 'ada' });
  const path = `/api/v1/devices/${device.id}/message?after=0`;
  const ask = async (login: string | undefined, at = path) =>
    (
      await fetch(
        w.server.url + at,
        login === undefined ? {} : { headers: { authorization: `Holdfast ${login}` } },
      )
    ).status;
  const request = { method: 'GET', path, body: new Uint8Array() };
  const login = await device.login(request);
  assert.equal(await ask(login), 200);
  assert.equal(await ask(login), 401, 'replayed');
  assert.equal(await ask(undefined), 401);
  assert.equal(await ask(await device.login({ ...request, path: `${path}1` })), 401);
  assert.equal(await ask(await device.login({ ...request, method: 'POST' })), 401);
  assert.equal(await ask(await other.login(request)), 401, 'another device');
  assert.equal(await ask(`${(await device.login(request)).slice(0, -4)}AAAA`), 401);
  assert.equal(await ask(await device.login(request)), 200);
});

test('the time is told to a device that asks, signed for it and its question', async (t) => {
  let now = Date.now();
  const w = await world(t, { clock: () => now });
  await w.admin.addUser('ada');
  const [device, other] = [await enrolDevice(w, { user: 'ada' }), await enrolDevice(w, { user: 'ada' })];
  const nonce = newId(platform);
  const { identityKey } = device.enrolment.server;
  const { answer } = await device.client.time(nonce);
  assert.equal(await openTimeAnswer(identityKey, answer, { device: device.id, nonce }), now);
  await assert.rejects(
    openTimeAnswer(identityKey, answer, { device: other.id, nonce }),
    refused('ERR_TIME_ANSWER'),
  );
  await assert.rejects(device.client.time('short'), refused('ERR_INVALID_REQUEST'));

  // A device whose clock is off is told so, whatever it asks.
  now += 40 * 60_000;
  const said = { code: 'ERR_LOGIN_CLOCK', kind: 'failed', message: /40 min behind the server's/ };
  await assert.rejects(device.client.time(nonce), said);
  await assert.rejects(device.client.message(0), said);
  now -= 40 * 60_000;

  await device.fetch();
  await w.admin.revokeDevice(device.id);
  assert.ok(await device.client.time(nonce), 'it has a message to fetch yet');
  await device.fetch();
  await device.acknowledge();
  await assert.rejects(device.client.time(nonce), refused('ERR_NOT_AUTHORISED'));
});

test('who tries many ids of devices is held up by address, and holds up no device', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const device = await enrolDevice(w, { user: 'ada' });
  const statuses: number[] = [];
  for (let count = 0; count < 25; count++) {
    const response = await fetch(`${w.server.url}/api/v1/devices/${newId(platform)}/message`);
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  assert.deepEqual(
    statuses,
    Array.from({ length: 25 }, (_, count) => (count < 20 ? 401 : 429)),
  );
  assert.equal(await device.fetch(), true);
  // Nor do these failures count for those who want to enrol.
  await enrolDevice(w, { user: 'ada' });
});
