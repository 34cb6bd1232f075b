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
    await refuses({}, await login(), NOW + LOGIN_WINDOW + 1);
    await refuses({}, await login(), NOW - LOGIN_WINDOW - 1);
    await refuses({}, await login(NOW, await generateSigningKey()));
    await refuses({}, 'a.b.c');
    await refuses({}, '');
    await refuses({}, await login(), NOW, async () => undefined);
    await refuses({}, world.certificate);
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
