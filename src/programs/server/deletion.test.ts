/** The right to delete: who gets it, for how long, for which place, and with which bounds (U3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicKey, thumbprint, verifyGrant } from '../../api/grant/index.ts';
import { area, enrolDevice, policyText, type SimulatedDevice, world } from './world.test.ts';

const verified = async (device: SimulatedDevice, grant: string) => {
  const issuer = publicKey(device.enrolment.server.identityKey);
  return verifyGrant(grant, area('one').slice(-22), new Map([[await thumbprint(issuer), issuer]]));
};

test('a device may delete below its own place, for ten minutes; that is audited', async (t) => {
  const w = await world(t);
  const user = await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  const other = await enrolDevice(w, { user: 'ada' });
  const { grant, keep } = await device.client.deleteGrant(area('one'));
  const claims = await verified(device, grant);
  assert.deepEqual(
    [claims.prefix, claims.rights, claims.exp - claims.iat],
    [`${user.id}/${device.id}/`, ['delete'], 600],
  );
  assert.ok(Math.abs(claims.iat * 1000 - Date.now()) < 60_000);
  assert.equal(keep, undefined, 'no policy says how long to keep');
  const entry = (await w.admin.audit()).entries.findLast(({ action }) => action === 'grant.delete');
  assert.deepEqual([entry?.actor, entry?.subject], [`device:${device.id}`, device.id]);
  assert.equal(entry?.detail.area, area('one'));

  // The place in the URI says nothing: it is the device's own.
  const elsewhere = await device.client.deleteGrant(`${area('one')}/${user.id}/${other.id}/`);
  assert.equal((await verified(device, elsewhere.grant)).prefix, `${user.id}/${device.id}/`);
});

test('what policy wants to be kept comes with it', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText({ retention: { keep: '30d' } })]);
  const device = await enrolDevice(w, { user: 'ada' });
  assert.equal((await device.client.deleteGrant(area('one'))).keep, 30 * 86_400_000);
});

test('none for another area, another right, a device that waits or was ended, and one that is someone else', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  const denied = { code: 'ERR_NOT_AUTHORISED', kind: 'no-key' };
  await assert.rejects(device.client.deleteGrant(area('two')), denied);
  await assert.rejects(
    device.client.deleteGrant(area('one').replace('127.0.0.1', 'elsewhere.example')),
    denied,
  );
  await assert.rejects(device.client.deleteGrant('nonsense'), { code: 'ERR_AREA_URI', kind: 'usage' });
  const path = `/api/v1/devices/${device.id}/grants`;
  const ask = async (body: object, from = device) => {
    const bytes = Buffer.from(JSON.stringify(body));
    const login = await from.login({ method: 'POST', path, body: bytes });
    const headers = { authorization: `Holdfast ${login}`, 'content-type': 'application/json' };
    return fetch(w.server.url + path, { method: 'POST', headers, body: bytes });
  };
  assert.equal((await ask({ area: area('one'), right: 'append' })).status, 400);
  assert.equal((await ask({ area: area('one'), right: 'delete' })).status, 200);
  const other = await enrolDevice(w, { user: 'ada' });
  assert.equal((await ask({ area: area('one'), right: 'delete' }, other)).status, 401);

  await w.admin.applyPolicies([policyText({ destinations: [{ area: area('two') }] })]);
  await assert.rejects(device.client.deleteGrant(area('one')), denied, 'the rules of now count');
  const waiting = await enrolDevice(w, { user: 'ada', confirm: true });
  await assert.rejects(waiting.client.deleteGrant(area('two')), denied);
  await w.admin.revokeDevice(device.id);
  await assert.rejects(device.client.deleteGrant(area('two')), denied);
  const { entries } = await w.admin.audit();
  assert.equal(entries.filter(({ action }) => action === 'grant.delete').length, 1);
});
