/** Names that devices and people chose, on their way to terminals and pages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enrolBy, policyText, world } from './world.test.ts';

/** C0, DEL, C1, and what reorders text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const hostile = 'a\u009b2J\u001b[31m\u202egnp.exe\u2066\u200f\u2028b';

test('what devices say of themselves comes out of the API without what moves or reorders text', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([
    policyText({ databases: { '*': { backup: 'allow', encrypt: 'database', custody: 'company' } } }),
  ]);
  const { code } = await w.admin.makeCode({ user: 'ada' });
  const device = await enrolBy(w.server.url, code, hostile);
  const database = 'Fo\u202etos \u2066x';
  await device.report({ kind: 'databases', names: [database] });
  await device.fetch();
  await device.fail(hostile);

  const texts: string[] = [];
  for (const path of ['devices', `devices/${device.id}`, 'audit', 'audit/export', 'keys', 'codes']) {
    const headers = { authorization: `Bearer ${w.token}` };
    const text = await (await fetch(`${w.server.url}/api/v1/admin/${path}`, { headers })).text();
    assert.doesNotMatch(text, unsafe, path);
    texts.push(text);
  }
  // Names of databases are kept as they are: they have to fit. JSON escapes them, and no more.
  const [shown] = (JSON.parse(texts[0]!) as { devices: { name: string; databases: string[] }[] }).devices;
  assert.deepEqual(shown?.databases, [database]);
  assert.ok((await w.admin.keys()).some((key) => key.database === database));
  // What is only to be read is kept cleaned, in the log too.
  assert.equal(shown?.name, 'a 2J [31m gnp.exe   b');
  const { entries } = await w.admin.audit();
  assert.equal(entries.find(({ action }) => action === 'device.enrol')?.detail.name, shown?.name);
  const failure = entries.find(({ action }) => action === 'device.failure');
  assert.doesNotMatch(String(failure?.detail.code), unsafe);
  assert.doesNotMatch((await w.admin.device(device.id)).failure!.code, unsafe);
});

test('names that administrators give hold no such characters, and a refusal does not repeat them', async (t) => {
  const w = await world(t);
  for (const name of ['a\u009bb', 'a\u202eb', 'a\u2066b', 'a\u200fb', 'a\u2028b', 'a\u061cb']) {
    await assert.rejects(w.admin.addUser(name), { code: 'ERR_INVALID_REQUEST' });
    await assert.rejects(w.admin.addGroup(name), { code: 'ERR_INVALID_REQUEST' });
  }
  await w.admin.addUser('Zoë 李 محمد');
  await assert.rejects(w.admin.makeCode({ user: 'Zoë 李 محمد', classes: ['a\u202eb'] }), {
    code: 'ERR_INVALID_REQUEST',
  });
  const headers = { authorization: `Bearer ${w.token}` };
  const answer = await fetch(`${w.server.url}/api/v1/admin/policies/${encodeURIComponent('x\u202ey')}`, {
    headers,
  });
  assert.doesNotMatch(await answer.text(), unsafe);
});
