/** The directory of people, and who gets access to whose share (N11). */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CompactSign, decodeJwt, exportJWK, generateKeyPair, importJWK } from 'jose';
import { publicKey, thumbprint, verifyGrant } from '../../api/grant/index.ts';
import { toBase64Url } from '../../lib/bytes.ts';
import { nodePlatform as platform } from '../../platform/node.ts';
import { newId, openPersonEntry } from '../../policy/message/index.ts';
import {
  decipherKey,
  edPublic,
  keyThumbprint,
  type OwnerRecord,
  openOwnerRecord,
  signatureKey,
  signOwnerRecord,
  type WaySigner,
} from '../../policy/owner/index.ts';
import { area, enrolDevice, policyText, type SimulatedDevice, type World, world } from './world.test.ts';

const allowed = { backup: 'allow', into: 'allow', share: 'allow' };
const policy = (databases: object = { Plans: allowed, Diary: { backup: 'allow' } }) =>
  policyText({ databases });

async function makeWay() {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const secret = await exportJWK(pair.privateKey);
  const signature = signatureKey(await exportJWK(pair.publicKey));
  const other = await generateKeyPair('ECDH-ES', { extractable: true });
  const sign: WaySigner = async (typ, payload) =>
    new CompactSign(payload)
      .setProtectedHeader({ alg: 'ES256', typ, kid: await keyThumbprint(signature) })
      .sign(await importJWK(secret, 'ES256'));
  const decipher = decipherKey(await exportJWK(other.publicKey));
  return { way: { kind: 'software' as const, name: 'key', decipher, signature }, sign };
}

type Way = Awaited<ReturnType<typeof makeWay>>;

const keyOf = ({ enrolment }: SimulatedDevice) => edPublic(decodeJwt(enrolment.certificate).jwk);

function recordOf(device: SimulatedDevice, way: Way, change: Partial<OwnerRecord> = {}): Promise<Uint8Array> {
  return signOwnerRecord(
    {
      ...{ v: 1, user: device.enrolment.user.id, version: 1, time: 1 },
      ways: [way.way],
      devices: [{ id: device.id, name: 'phone', jwk: keyOf(device), state: 'active' }],
      heads: [],
      ...change,
    },
    [way.sign],
  );
}

const text = (...records: Uint8Array[]) => records.map(toBase64Url);
const refused = { code: 'ERR_REFUSED', kind: 'refused' };
const denied = { code: 'ERR_NOT_AUTHORISED', kind: 'no-key' };

async function people(t: TestContext) {
  const w = await world(t);
  for (const name of ['ada', 'bob', 'eve']) await w.admin.addUser(name);
  await w.admin.applyPolicies([policy()]);
  const [ada, bob, eve] = [
    await enrolDevice(w, { user: 'ada' }),
    await enrolDevice(w, { user: 'bob' }),
    await enrolDevice(w, { user: 'eve' }),
  ];
  return { w, ada, bob, eve, way: await makeWay() };
}

const content = [{ database: 'Plans', class: 'enterprise' as const }];
const share = (to: { user: string } | { key: ReturnType<typeof keyOf> }) => ({
  ...{ chain: newId(platform), area: area('one'), to, content },
});

const audit = async ({ admin }: World, action: string) =>
  (await admin.audit()).entries.filter((entry) => entry.action === action);

test('a user is found by the keys that their own device has told, signed for the one who asks', async (t) => {
  const { w, ada, bob, way } = await people(t);
  const ask = { name: 'bob', nonce: newId(platform) };
  await assert.rejects(ada.client.person(ask), { code: 'ERR_NOT_FOUND', message: /wim use/ });
  await assert.rejects(ada.client.person({ ...ask, name: 'nobody' }), { code: 'ERR_NOT_FOUND' });
  assert.deepEqual(await ada.client.people(), { people: [] });

  const first = await recordOf(bob, way);
  await bob.client.tellPerson(text(first));
  await bob.client.tellPerson(text(first)); // once more changes nothing
  assert.deepEqual(await ada.client.people(), { people: [{ name: 'bob' }] });
  const { entry, records } = await ada.client.person(ask);
  const { server } = ada.enrolment;
  const question = { ...ask, server: server.id, device: ada.id };
  const said = await openPersonEntry(server.identityKey, entry, question, Date.now());
  const { hash } = openOwnerRecord(platform, first);
  assert.deepEqual(said, { user: bob.enrolment.user.id, record: hash });
  assert.deepEqual(records, text(first));
  assert.equal((await audit(w, 'person.keys')).length, 1);

  await w.admin.removeUser('bob');
  await assert.rejects(ada.client.person(ask), { code: 'ERR_NOT_FOUND' });
  assert.deepEqual(await ada.client.people(), { people: [] });
});

test('records of another user, of a device that they do not list, or that do not follow are refused', async (t) => {
  const { ada, bob, way } = await people(t);
  const invalid = { code: 'ERR_INVALID_REQUEST' };
  const first = await recordOf(bob, way);
  await assert.rejects(ada.client.tellPerson(text(first)), invalid);
  await assert.rejects(bob.client.tellPerson(text(await recordOf(bob, way, { devices: [] }))), invalid);
  const listed = await recordOf(bob, way, {
    devices: [{ id: bob.id, name: 'phone', jwk: keyOf(ada), state: 'active' }],
  });
  await assert.rejects(bob.client.tellPerson(text(listed)), invalid);
  await assert.rejects(bob.client.tellPerson(['AAAA']), invalid);
  await assert.rejects(bob.client.tellPerson(['not base64url!']), invalid);
  await bob.client.tellPerson(text(first));

  const { hash } = openOwnerRecord(platform, first);
  const stranger = await makeWay();
  const next = { version: 2, prev: hash };
  await assert.rejects(
    bob.client.tellPerson(text(first, await recordOf(bob, stranger, next))),
    invalid,
    'signed by a key that is not on the list',
  );
  await assert.rejects(
    bob.client.tellPerson(text(await recordOf(bob, stranger))),
    invalid,
    'another beginning',
  );
  await bob.client.tellPerson(text(first, await recordOf(bob, way, next)));
});

test('access is for the one who is invited, to this chain, for an hour, until it ends; that is audited', async (t) => {
  const { w, ada, bob, eve } = await people(t);
  const one = share({ user: bob.enrolment.user.id });
  assert.deepEqual(await ada.client.registerShare(one), {});
  assert.deepEqual(await ada.client.registerShare(one), {}, 'again: renewed');
  assert.deepEqual(
    (await bob.client.offeredShares()).shares.map(({ chain, device, from }) => [chain, device, from.name]),
    [[one.chain, ada.id, 'ada']],
  );
  assert.deepEqual((await eve.client.offeredShares()).shares, []);
  const asked = { device: ada.id, chain: one.chain };
  const access = await bob.client.accessShare(asked);
  const issuer = publicKey(ada.enrolment.server.identityKey);
  const issuers = new Map([[await thumbprint(issuer), issuer]]);
  const grants = await Promise.all(
    [access.read, access.owner].map((grant) => verifyGrant(grant, area('one').slice(-22), issuers)),
  );
  const user = ada.enrolment.user.id;
  assert.deepEqual(
    grants.map(({ prefix, rights, exp, iat }) => [prefix, rights, exp - iat]),
    [
      [`${user}/${ada.id}/${one.chain}/`, ['read'], 3600],
      [`${user}/o/`, ['read'], 3600],
    ],
  );
  assert.deepEqual({ ...grants[0]?.cnf.jwk }, { ...keyOf(bob) });

  await assert.rejects(eve.client.accessShare(asked), denied);
  await assert.rejects(ada.client.accessShare(asked), denied);
  await assert.rejects(bob.client.accessShare({ ...asked, device: eve.id }), denied);
  await assert.rejects(eve.client.registerShare({ ...one, to: { user: eve.enrolment.user.id } }), {
    code: 'ERR_NOT_FOUND',
  });
  await assert.rejects(ada.client.registerShare({ ...one, to: { user: eve.enrolment.user.id } }), {
    code: 'ERR_CONFLICT',
  });
  await eve.client.endShare(one.chain);
  await bob.client.accessShare(asked);
  await ada.client.endShare(one.chain);
  await ada.client.endShare(one.chain);
  await assert.rejects(bob.client.accessShare(asked), refused);
  await assert.rejects(ada.client.registerShare(one), { code: 'ERR_CONFLICT' });
  assert.deepEqual((await bob.client.offeredShares()).shares, []);
  for (const [action, times] of [
    ['share.create', 1],
    ['share.renew', 1],
    ['share.end', 1],
  ] as const) {
    const entries = await audit(w, action);
    assert.equal(entries.length, times, action);
    assert.deepEqual([entries[0]?.actor, entries[0]?.subject], [`device:${ada.id}`, one.chain]);
  }
  const [created] = await audit(w, 'share.create');
  assert.deepEqual(
    [created?.detail.databases, created?.detail.outside, created?.detail.to],
    [['Plans'], false, bob.enrolment.user.id],
  );
});

test("a stranger's device gets access at once, for thirty days; the audit log says that it is one", async (t) => {
  const { w, ada, eve } = await people(t);
  const one = share({ key: keyOf(eve) });
  const { access } = await ada.client.registerShare(one);
  const claims = decodeJwt(access!.read);
  assert.equal(claims.exp! - claims.iat!, 30 * 86_400);
  await assert.rejects(eve.client.accessShare({ device: ada.id, chain: one.chain }), denied);
  const [created] = await audit(w, 'share.create');
  assert.deepEqual([created?.detail.outside, created?.detail.until], [true, access?.expires]);
});

test('what no policy allows is neither registered nor reached, on either side, from the next question on', async (t) => {
  const { w, ada, bob } = await people(t);
  const one = share({ user: bob.enrolment.user.id });
  const of = (database: string) => ({ ...one, content: [{ database, class: 'enterprise' as const }] });
  await assert.rejects(ada.client.registerShare(of('Diary')), {
    ...refused,
    message: /"Diary".*no policy allows/,
  });
  await assert.rejects(ada.client.registerShare({ ...one, area: area('two') }), denied);
  await ada.client.registerShare(one);
  const asked = { device: ada.id, chain: one.chain };
  await bob.client.accessShare(asked);

  await w.admin.applyPolicies([policy({ Plans: { ...allowed, share: 'deny' }, Notes: allowed })]);
  await assert.rejects(bob.client.accessShare(asked), { ...refused, message: /"Plans".*policy base/ });
  await assert.rejects(ada.client.registerShare(one), refused);
  await w.admin.applyPolicies([policy()]);
  await bob.client.accessShare(asked);
  const none = {
    ...JSON.parse(policyText({ databases: { Plans: { share: 'deny' } } }).source),
    name: 'bobs',
  };
  await w.admin.applyPolicies([
    { file: 'bobs', source: JSON.stringify({ ...none, scope: { devices: [bob.id] } }) },
  ]);
  await assert.rejects(bob.client.accessShare(asked), refused);
  await w.admin.applyPolicies([policy({ Plans: { backup: 'allow' } })]);
  await assert.rejects(ada.client.people(), refused);
  await assert.rejects(ada.client.person({ name: 'bob', nonce: newId(platform) }), refused);
  await assert.rejects(ada.client.offeredShares(), refused);
  await assert.rejects(ada.client.tellPerson(['AAAA']), refused);
});

test('a device that was revoked shares nothing and reaches nothing; a removed user neither', async (t) => {
  const { w, ada, bob } = await people(t);
  const [first, second] = [share({ user: bob.enrolment.user.id }), share({ user: ada.enrolment.user.id })];
  await ada.client.registerShare(first);
  await bob.client.registerShare(second);
  await w.admin.revokeDevice(ada.id);
  await assert.rejects(bob.client.accessShare({ device: ada.id, chain: first.chain }), denied);
  assert.deepEqual((await bob.client.offeredShares()).shares, []);
  await assert.rejects(ada.client.accessShare({ device: bob.id, chain: second.chain }), denied);
  const again = await enrolDevice(w, { user: 'ada' });
  await again.client.accessShare({ device: bob.id, chain: second.chain });
  await w.admin.removeUser('bob');
  await assert.rejects(again.client.accessShare({ device: bob.id, chain: second.chain }), denied);
  await assert.rejects(again.client.registerShare(share({ user: bob.enrolment.user.id })), {
    code: 'ERR_NOT_FOUND',
  });
});

test('the routes are described, and take no more than they can need', async (t) => {
  const { w, ada } = await people(t);
  const { paths } = (await (await fetch(`${w.server.url}/openapi.json`)).json()) as { paths: object };
  for (const path of ['person', 'people', 'shares', 'shares/access', 'shares/end'])
    assert.ok(`/api/v1/devices/{id}/${path}` in paths, path);
  const long = 'A'.repeat(600 * 1024);
  await assert.rejects(ada.client.tellPerson([long]), { code: 'ERR_TOO_LARGE' });
});
