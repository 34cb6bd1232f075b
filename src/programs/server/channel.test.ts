import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicKey, thumbprint, verifyGrant } from '../../api/grant/index.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import { newId, verifyCertificate } from '../../policy/message/index.ts';
import { area, enrolDevice, policyText, world } from './world.test.ts';

const refused = (code: string) => ({ code });

test('a device enrols, gets rules, keys, trust and grants, and acknowledges', async (t) => {
  const w = await world(t);
  const user = await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada', classes: ['byod'] });
  assert.equal(device.enrolment.user.id, user.id);
  const certificate = await verifyCertificate(
    device.enrolment.server.identityKey,
    device.enrolment.certificate,
  );
  assert.deepEqual([certificate.device, certificate.user], [device.id, user.id]);

  assert.equal(await device.fetch(), true);
  const { rules, encryptionKeys, decryptionKeys, commands, trust } = device.values;
  assert.equal(rules?.databases.Games?.backup?.value, 'deny');
  assert.deepEqual(
    encryptionKeys?.map(({ use, database }) => [use, database]),
    [
      ['database', 'Messages'],
      ['user', undefined],
    ],
  );
  assert.deepEqual(
    decryptionKeys?.map(({ kid }) => kid).sort(),
    encryptionKeys?.map(({ kid }) => kid).sort(),
  );
  assert.equal(encryptionKeys?.[0]?.k?.length, 43);
  assert.deepEqual(commands, []);
  assert.deepEqual(
    trust?.devices.map(({ id, state }) => [id, state]),
    [[device.id, 'active']],
  );

  const [grant] = device.accepted?.grants ?? [];
  assert.equal(grant?.area, area('one'));
  const issuer = publicKey(device.enrolment.server.identityKey);
  const issuers = new Map([[await thumbprint(issuer), issuer]]);
  const append = await verifyGrant(grant!.append, area('one').slice(-22), issuers);
  assert.deepEqual([append.prefix, append.rights], [`${user.id}/${device.id}/`, ['append']]);
  const read = await verifyGrant(grant!.read, area('one').slice(-22), issuers);
  assert.deepEqual([read.prefix, read.rights], [`${user.id}/`, ['read']]);

  assert.equal(await device.fetch(), false, 'nothing newer');
  assert.deepEqual(await device.acknowledge(), { order: 'new' });
  assert.deepEqual(await device.acknowledge(), { order: 'repeated' });
  const shown = await w.admin.device(device.id);
  assert.equal(shown.state, 'active');
  assert.deepEqual(shown.classes, ['byod']);
  assert.equal(shown.acknowledged, shown.sent);
  assert.ok(shown.sent > 0);
});

test('a policy change is a new message, to the fresh key, with only what changed', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  await device.acknowledge();
  const before = device.accepted!.seq;
  const keys = device.values.encryptionKeys;

  await w.admin.applyPolicies([policyText({ whenStale: 'allow' })]);
  delete device.values.encryptionKeys;
  assert.equal(await device.fetch(), true);
  assert.ok(device.accepted!.seq > before);
  assert.equal(device.values.rules?.whenStale.value, 'allow');
  assert.equal(device.values.encryptionKeys, undefined, 'held keys are not sent again');
  await device.acknowledge();

  const base = keys!.find(({ use }) => use === 'user')!;
  const rotated = await w.admin.rotateKeys({ use: 'user', user: 'ada' });
  assert.equal(rotated.epoch, 2);
  await device.fetch();
  const now = device.values.encryptionKeys as unknown as typeof keys;
  assert.equal(now?.find(({ use }) => use === 'user')?.kid, rotated.kid);
  assert.ok(
    device.values.decryptionKeys?.some(({ kid, k }) => kid === base.kid && k === base.k),
    'the old epoch stays',
  );
});

test('all devices of a user hold the same user keys, another user holds others', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.addUser('eve');
  await w.admin.applyPolicies([
    policyText({
      databases: {
        '*': { backup: 'allow', encrypt: 'user', custody: 'any', into: 'allow' },
        Notes: { backup: 'allow', encrypt: 'device', custody: 'company' },
      },
    }),
  ]);
  const [first, second, other] = await Promise.all([
    enrolDevice(w, { user: 'ada' }),
    enrolDevice(w, { user: 'ada' }),
    enrolDevice(w, { user: 'eve' }),
  ]);
  for (const device of [first, second, other]) await device.fetch();
  const key = (device: typeof first, use: string) =>
    device.values.encryptionKeys?.find((found) => found.use === use)?.k;
  assert.equal(key(first, 'user'), key(second, 'user'));
  assert.notEqual(key(first, 'user'), key(other, 'user'));
  assert.notEqual(key(first, 'device'), key(second, 'device'));
  const held = other.values.decryptionKeys!.map(({ k }) => k);
  assert.ok(!held.includes(key(first, 'user')) && !held.includes(key(first, 'device')));
  assert.deepEqual(
    other.values.trust?.devices.map(({ id }) => id),
    [other.id],
  );
  await first.fetch();
  assert.deepEqual(first.values.trust?.devices.map(({ id }) => id).sort(), [first.id, second.id].sort());
});

test('a revoked device gets one message that ends it, and then nothing', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  const other = await enrolDevice(w, { user: 'ada' });
  for (const one of [device, other]) {
    await one.fetch();
    await one.acknowledge();
  }
  const stolen = device.values.encryptionKeys!.map(({ kid }) => kid);
  const ended = await w.admin.revokeDevice(device.id);
  assert.equal(ended.state, 'ended');
  await assert.rejects(w.admin.revokeDevice(device.id), refused('ERR_CONFLICT'));

  await device.fetch();
  assert.deepEqual(
    device.values.commands?.map(({ kind }) => kind),
    ['end'],
  );
  assert.deepEqual(device.accepted?.grants, []);
  assert.deepEqual([device.values.encryptionKeys, device.values.decryptionKeys], [[], []]);
  await assert.rejects(
    device.report({ kind: 'head', chain: newId(platform), counter: 1, hash: 'A'.repeat(43), time: 1 }),
    refused('ERR_NOT_AUTHORISED'),
  );
  await device.acknowledge();
  await assert.rejects(device.fetch(), refused('ERR_NOT_AUTHORISED'));

  await other.fetch();
  assert.equal(other.values.trust?.devices.find(({ id }) => id === device.id)?.state, 'ended');
  for (const key of other.values.encryptionKeys!)
    assert.ok(!stolen.includes(key.kid), 'new sets are under new keys');
  for (const kid of stolen) assert.ok(other.values.decryptionKeys!.some((key) => key.kid === kid));
});

test('a policy for a range of versions is for a device as long as its program is one of them', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const old = {
    file: 'old.yaml',
    source: JSON.stringify({
      name: 'old',
      scope: { deviceClasses: ['version<2'] },
      databases: { Messages: { backup: 'deny' } },
    }),
  };
  assert.equal((await w.admin.applyPolicies([policyText(), old])).devices, 0);
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  assert.equal(device.values.rules?.databases.Messages?.backup?.value, 'deny');
  await device.acknowledge();

  const path = `/api/v1/devices/${device.id}/message?after=${device.accepted!.seq}`;
  const ask = async (version: string) => {
    const login = await device.login({ method: 'GET', path, body: new Uint8Array(), version });
    return fetch(w.server.url + path, { headers: { authorization: `Holdfast ${login}` } });
  };
  assert.equal((await ask('1.9.9')).status, 204);
  assert.equal((await w.admin.device(device.id)).version, '1.9.9');
  assert.equal((await ask('2.0.0')).status, 200, 'it was brought up to date');
  await device.fetch();
  assert.equal(device.values.rules?.databases.Messages?.backup?.value, 'allow');
  assert.equal(
    (await w.admin.resolvePolicy(device.id)).databases.some(({ policy }) => policy === 'old'),
    false,
  );
});
