import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { utf8 } from '../../lib/bytes.ts';
import {
  certify,
  composeLogin,
  generateSigningKey,
  LOGIN_WINDOW,
  publicOf,
  verifyCertificate,
  verifyLogin,
} from './index.ts';
import { id, makeWorld, NOW, platform, type World } from './samples.test.ts';

describe('a login', () => {
  let world: World;
  before(async () => {
    world = await makeWorld();
  });

  const request = () => ({
    server: world.server.id,
    method: 'POST',
    path: '/api/v1/devices/x/reports?y=1',
    body: utf8('body'),
  });
  const login = (at = NOW, key = world.device.signingKey) =>
    composeLogin(platform, key, { ...request(), device: world.device.device }, at);
  const keyOf = async (device: string) =>
    device === world.device.device ? publicOf(world.device.signingKey) : undefined;

  it('says which device asks', async () => {
    const one = await verifyLogin(platform, await login(), request(), keyOf, NOW);
    const two = await verifyLogin(platform, await login(), request(), keyOf, NOW + LOGIN_WINDOW);
    assert.equal(one.device, world.device.device);
    assert.notEqual(one.id, two.id);
  });

  it('is for one request, server and time', async () => {
    const refuses = async (change: object, token?: string, now = NOW, find = keyOf) =>
      assert.rejects(
        verifyLogin(platform, token ?? (await login()), { ...request(), ...change }, find, now),
        {
          code: 'ERR_LOGIN',
          kind: 'no-key',
        },
      );
    await refuses({ server: id() });
    await refuses({ method: 'GET' });
    await refuses({ path: '/api/v1/devices/x/reports' });
    await refuses({ body: utf8('other') });
    await refuses({ body: async () => utf8('other') });
    await refuses({}, await login(NOW, await generateSigningKey()));
    await refuses({}, 'a.b.c');
    await refuses({}, '');
    await refuses({}, await login(), NOW, async () => undefined);
    await refuses({}, world.certificate);
  });

  it('says which version of the program asks, if it does', async () => {
    const parts = { ...request(), device: world.device.device, version: '1.2.3' };
    const token = await composeLogin(platform, world.device.signingKey, parts, NOW);
    assert.equal((await verifyLogin(platform, token, request(), keyOf, NOW)).version, '1.2.3');
    assert.equal((await verifyLogin(platform, await login(), request(), keyOf, NOW)).version, undefined);
    const long = await composeLogin(
      ...([platform, world.device.signingKey, { ...parts, version: 'x'.repeat(65) }, NOW] as const),
    );
    await assert.rejects(verifyLogin(platform, long, request(), keyOf, NOW), { code: 'ERR_LOGIN' });
  });

  it('asks for the body only of a device that has shown who it is', async () => {
    const asked: unknown[] = [];
    const body = async (who: unknown) => {
      asked.push(who);
      return utf8('body');
    };
    const expected = { ...request(), body };
    await assert.rejects(verifyLogin(platform, await login(), { ...expected, method: 'PUT' }, keyOf, NOW));
    const far = NOW + 2 * LOGIN_WINDOW;
    await assert.rejects(verifyLogin(platform, await login(), expected, keyOf, far));
    await assert.rejects(verifyLogin(platform, `${await login()}x`, expected, keyOf, NOW));
    assert.deepEqual(asked, []);
    const who = await verifyLogin(platform, await login(), expected, keyOf, NOW);
    assert.deepEqual(asked, [who]);
    const failed = new Error('gone');
    const gone = { ...expected, body: () => Promise.reject(failed) };
    await assert.rejects(verifyLogin(platform, await login(), gone, keyOf, NOW), failed);
  });
});

describe('a login by a wrong clock', () => {
  it('is told by how much, and only to the device itself', async () => {
    const world = await makeWorld();
    const { device, signingKey } = world.device;
    const request = { server: world.server.id, method: 'GET', path: '/', body: utf8('') };
    const login = await composeLogin(platform, signingKey, { ...request, device }, NOW);
    const verify = (now: number, path = '/', key = signingKey) =>
      verifyLogin(platform, login, { ...request, path }, async () => publicOf(key), now);
    const clock = { code: 'ERR_LOGIN_CLOCK', kind: 'failed' } as const;
    const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
    await assert.rejects(verify(NOW + LOGIN_WINDOW + 1), { ...clock, message: /is 5 min behind the server/ });
    await assert.rejects(verify(NOW - LOGIN_WINDOW - 1), {
      ...clock,
      message: /is 5 min ahead of the server/,
    });
    const far = NOW - 3 * day - 2 * hour - 7 * minute;
    await assert.rejects(verify(far), { ...clock, message: /is 3 d 2 h 7 min ahead/ });
    await assert.rejects(verify(NOW + 2 * hour), { ...clock, message: /is 2 h behind/ });
    await assert.rejects(verify(far, '/other'), { code: 'ERR_LOGIN' });
    await assert.rejects(verify(far, '/', await generateSigningKey()), { code: 'ERR_LOGIN' });
  });
});

describe('a certificate', () => {
  it('is believed from the server that made it, and no other', async () => {
    const world = await makeWorld();
    const { device, user } = { device: world.device.device, user: world.user };
    const jwk = publicOf(world.device.signingKey);
    const { identityKey } = world.server;
    assert.deepEqual(await verifyCertificate(identityKey, world.certificate), {
      v: 1,
      device,
      user,
      jwk,
      iat: NOW,
    });
    const other = await certify(world.device.signingKey, { device, user, jwk, iat: NOW });
    const altered = world.certificate.replace(/\.[^.]+\./, (part) => part.replace('A', 'B'));
    for (const one of [other, altered, '', 'x'.repeat(3000)]) {
      await assert.rejects(verifyCertificate(identityKey, one), { code: 'ERR_CERTIFICATE' });
    }
  });
});
