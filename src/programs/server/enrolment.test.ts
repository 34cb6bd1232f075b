import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enrolmentClient } from '../../api/client/index.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import {
  composeEnrolmentRequest,
  generateMessageKey,
  generateSigningKey,
  newId,
  parseEnrolmentCode,
} from '../../policy/message/index.ts';
import { enrolBy, enrolDevice, policyText, world } from './world.test.ts';

const refused = (code: string) => ({ code });

test('the same request gets the same answer; a used, expired, withdrawn or foreign code is refused', async (t) => {
  let now = Date.now();
  const w = await world(t, { clock: () => now });
  await w.admin.addUser('ada');
  const made = await w.admin.makeCode({ user: 'ada', expiresIn: 60_000 });
  const device = await enrolBy(w.server.url, made.code);
  const client = enrolmentClient({ url: w.server.url });
  assert.deepEqual(await client.enrol(device.request), await client.enrol(device.request));
  assert.equal((await w.admin.devices()).length, 1);
  await assert.rejects(enrolBy(w.server.url, made.code), refused('ERR_ENROLMENT_REFUSED'));

  const late = await w.admin.makeCode({ user: 'ada', expiresIn: 60_000 });
  const withdrawn = await w.admin.makeCode({ user: 'ada' });
  await w.admin.withdrawCode(withdrawn.id);
  now += 60_000;
  await assert.rejects(enrolBy(w.server.url, late.code), refused('ERR_ENROLMENT_REFUSED'));
  await assert.rejects(enrolBy(w.server.url, withdrawn.code), refused('ERR_ENROLMENT_REFUSED'));
  const states = (await w.admin.codes()).map(({ state }) => state).sort();
  assert.deepEqual(states, ['expired', 'used', 'withdrawn']);

  const open = await w.admin.makeCode({ user: 'ada' });
  const code = parseEnrolmentCode(platform, open.code);
  const keys = {
    device: newId(platform),
    signingKey: await generateSigningKey(),
    messageKey: await generateMessageKey(),
  };
  const request = await composeEnrolmentRequest(
    ...([platform, { ...code, secret: platform.random(16) }, await client.identity(), keys] as const),
    ...([{ os: 'linux', name: 'x', version: '1' }, now] as const),
  );
  await assert.rejects(
    client.enrol({ ...request, id: open.id }),
    refused('ERR_ENROLMENT_REFUSED'),
    'wrong MAC',
  );
  await assert.rejects(client.enrol(request), refused('ERR_ENROLMENT_REFUSED'), 'unknown code');
  await enrolBy(w.server.url, open.code);
  assert.equal((await w.admin.devices()).length, 2);
});

test('two devices race for one code: one of them wins', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const { code } = await w.admin.makeCode({ user: 'ada' });
  const results = await Promise.allSettled([1, 2, 3].map(() => enrolBy(w.server.url, code)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal((await w.admin.devices()).length, 1);
});

test('a pending device gets rules but no keys until its transcript code is confirmed', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada', confirm: true });
  assert.equal(device.enrolment.confirm, true);
  await device.fetch();
  assert.deepEqual([device.values.encryptionKeys, device.values.decryptionKeys], [[], []]);
  assert.deepEqual(device.accepted?.grants, []);
  await device.acknowledge();
  await assert.rejects(w.admin.confirmDevice(device.id, '0000 0000'), refused('ERR_NOT_AUTHORISED'));
  const confirmed = await w.admin.confirmDevice(device.id, device.enrolment.transcriptCode);
  assert.equal(confirmed.state, 'active');
  await device.fetch();
  assert.equal(device.values.encryptionKeys?.length, 2);
  assert.equal(device.accepted?.grants.length, 1);
});
