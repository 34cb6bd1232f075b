import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enrolmentClient } from '../../api/client/index.ts';
import { publicKey, thumbprint, verifyGrant } from '../../api/grant/index.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import {
  composeEnrolmentRequest,
  generateMessageKey,
  generateSigningKey,
  newId,
  openTimeAnswer,
  parseEnrolmentCode,
  verifyCertificate,
} from '../../policy/message/index.ts';
import { area, enrolBy, enrolDevice, policyText, world } from './world.test.ts';

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
        '*': { backup: 'allow', encrypt: 'user', custody: 'any' },
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

test('forged and altered reports are refused and change nothing', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const device = await enrolDevice(w, { user: 'ada' });
  const other = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  await assert.rejects(device.client.report('a.b.c.d.e'), refused('ERR_REPORT_REFUSED'));
  const chain = newId(platform);
  const foreign = await other.compose({ kind: 'head', chain, counter: 1, hash: 'A'.repeat(43), time: 1 });
  await assert.rejects(device.client.report(foreign), refused('ERR_REPORT_REFUSED'), 'by another device');
  await assert.rejects(
    device.acknowledge({ message: 'A'.repeat(43) } as never),
    refused('ERR_REPORT_REFUSED'),
    'another message under our sequence',
  );
  await assert.rejects(
    device.acknowledge({ seq: device.accepted!.seq + 1 } as never),
    refused('ERR_REPORT_REFUSED'),
  );
  await other.fetch();
  assert.equal((await w.admin.device(device.id)).acknowledged, 0);
  await device.acknowledge();
  assert.equal((await w.admin.device(device.id)).acknowledged, device.accepted!.seq);
});

test('after a failure the device gets everything again', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  await device.acknowledge();
  await device.report({
    kind: 'failure',
    code: 'ERR_POLICY_SECTION',
    seq: device.accepted!.seq,
    sections: {},
  });
  assert.equal((await w.admin.device(device.id)).failure?.code, 'ERR_POLICY_SECTION');
  delete device.values.rules;
  assert.equal(await device.fetch(), true);
  assert.ok(device.values.rules, 'the section is sent with its value');
  await device.acknowledge();
  assert.equal((await w.admin.device(device.id)).failure, undefined);
});

test('heads reach the other devices and never go backwards', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const [first, second] = await Promise.all([
    enrolDevice(w, { user: 'ada' }),
    enrolDevice(w, { user: 'ada' }),
  ]);
  const chain = newId(platform);
  const head = (counter: number, letter: string) =>
    ({
      kind: 'head',
      ...{ chain, counter, hash: letter.repeat(43), time: 1_800_000_000_000 + counter },
      area: area('one').slice(-22),
    }) as const;
  assert.deepEqual(await first.report(head(3, 'A')), { order: 'new' });
  assert.deepEqual(await first.report(head(3, 'A')), { order: 'repeated' });
  assert.deepEqual(await first.report(head(2, 'A')), { order: 'old' });
  await assert.rejects(first.report(head(3, 'Q')), refused('ERR_HEAD_CONFLICT'));
  await assert.rejects(
    second.report(head(9, 'A')),
    refused('ERR_REPORT_REFUSED'),
    'a chain of another device',
  );
  await second.fetch();
  assert.deepEqual(
    second.values.trust?.heads.map(({ chain, device, counter, area }) => ({ chain, device, counter, area })),
    [{ chain, device: first.id, counter: 3, area: area('one').slice(-22) }],
  );
  await second.acknowledge();
  assert.deepEqual(await first.report(head(4, 'A')), { order: 'new' });
  assert.equal(await second.fetch(), true, 'heads ride on the next message');
  assert.equal(second.values.trust?.heads[0]?.counter, 4);
});

test('of the backup files of a device the newest are remembered, and they keep no area out', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  const device = await enrolDevice(w, { user: 'ada' });
  const files = Array.from({ length: 103 }, () => newId(platform));
  const head = (chain: string, time: number) => ({
    ...({ kind: 'head', chain, counter: 1 } as const),
    ...{ hash: 'A'.repeat(43), time: 1_800_000_000_000 + time },
  });
  for (const [n, chain] of files.entries()) await device.report(head(chain, n));
  await device.report({ ...head(newId(platform), 0), area: area('one').slice(-22) });
  await device.fetch();
  const heads = device.values.trust!.heads;
  assert.equal(heads.filter((one) => one.area !== undefined).length, 1);
  assert.deepEqual(
    heads.flatMap(({ chain, area }) => (area === undefined ? [chain] : [])).sort(),
    files.slice(3).sort(),
  );
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
