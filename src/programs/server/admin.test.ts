import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminClient } from '../../api/client/index.ts';
import { enrolDevice, policyText, world } from './world.test.ts';

const refused = (code: string) => ({ code });

test('without the right token there is nothing', async (t) => {
  const w = await world(t);
  for (const authorization of [undefined, 'Bearer', `Bearer ${w.token}x`, `Basic ${w.token}`, w.token]) {
    const response = await fetch(`${w.server.url}/api/v1/admin/users`, {
      headers: authorization === undefined ? [] : [['authorization', authorization]],
    });
    assert.equal(response.status, 401, String(authorization));
    assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="holdfast"');
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    const problem = (await response.json()) as { code: string };
    assert.equal(problem.code, 'ERR_NOT_ADMIN');
  }
  const answers = await Promise.all(
    Array.from({ length: 30 }, () =>
      fetch(`${w.server.url}/api/v1/admin/users`).then(({ status }) => status),
    ),
  );
  assert.ok(answers.includes(429), 'many failures are answered with 429');
  assert.deepEqual(
    await adminClient({ url: w.server.url, token: w.token, attempts: 1 })
      .users()
      .catch((error: { code: string }) => error.code),
    'ERR_TOO_MANY_ATTEMPTS',
  );
});

test('who has shown the token before is not held up by the failures of others', async (t) => {
  const w = await world(t);
  await w.admin.users();
  const wrong = adminClient({ url: w.server.url, token: 'wrong', attempts: 1 });
  for (let count = 0; count < 25; count++) await assert.rejects(wrong.users());
  await assert.rejects(wrong.users(), refused('ERR_TOO_MANY_ATTEMPTS'));
  assert.deepEqual(await w.admin.users(), []);
});

test('users and groups', async (t) => {
  const { admin } = await world(t);
  const ada = await admin.addUser('ada lovelace/1');
  await assert.rejects(admin.addUser('ada lovelace/1'), refused('ERR_CONFLICT'));
  for (const name of ['', '..', ' x', 'a\nb', 'x'.repeat(129)]) {
    await assert.rejects(admin.addUser(name), refused('ERR_INVALID_REQUEST'));
  }
  await admin.addGroup('sales');
  await admin.addGroup('staff');
  await admin.addMember('staff', 'ada lovelace/1');
  await admin.addMember('sales', 'ada lovelace/1');
  assert.deepEqual(
    (await admin.users()).map(({ id, groups }) => ({ id, groups })),
    [{ id: ada.id, groups: ['sales', 'staff'] }],
  );
  await admin.orderGroups(['staff', 'sales']);
  assert.deepEqual((await admin.users())[0]?.groups, ['staff', 'sales']);
  assert.deepEqual(
    (await admin.groups()).map(({ name, members }) => [name, members]),
    [
      ['staff', ['ada lovelace/1']],
      ['sales', ['ada lovelace/1']],
    ],
  );
  for (const order of [['staff'], ['staff', 'sales', 'x'], ['staff', 'staff', 'sales']]) {
    await assert.rejects(admin.orderGroups(order), refused('ERR_INVALID_REQUEST'));
  }
  await admin.removeMember('staff', 'ada lovelace/1');
  await assert.rejects(admin.removeMember('staff', 'ada lovelace/1'), refused('ERR_NOT_FOUND'));
  await assert.rejects(admin.addMember('staff', 'nobody'), refused('ERR_NOT_FOUND'));
  await admin.removeGroup('sales');
  assert.deepEqual((await admin.users())[0]?.groups, []);
});

test('removing a user ends devices and codes, and keeps keys', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  const code = await w.admin.makeCode({ user: 'ada' });
  const keys = await w.admin.keys();
  await w.admin.removeUser('ada');
  assert.deepEqual(await w.admin.users(), []);
  assert.equal((await w.admin.device(device.id)).state, 'ended');
  assert.equal((await w.admin.codes()).find(({ id }) => id === code.id)?.state, 'withdrawn');
  const kept = new Set((await w.admin.keys()).map(({ kid }) => kid));
  for (const { kid } of keys) assert.ok(kept.has(kid));
  await w.admin.addUser('ada');
  assert.equal((await w.admin.users())[0]?.devices, 0, 'the name is another person now');
});

test('policies: apply is all or nothing, and an error says where', async (t) => {
  const { admin } = await world(t);
  const good = policyText();
  const broken = {
    file: 'sales.yaml',
    source: 'name: sales\nscope: { groups: [sales] }\ndatabases:\n  Messages: { encrypt: aes }\n',
  };
  await assert.rejects(admin.applyPolicies([good, broken]), (error: Error & { code: string }) => {
    assert.equal(error.code, 'ERR_POLICY_INVALID');
    assert.match(error.message, /sales\.yaml:4:\d+: databases\.Messages\.encrypt/);
    return true;
  });
  assert.deepEqual(await admin.policies(), []);
  await assert.rejects(
    admin.applyPolicies([policyText({ destinations: [{ area: 'http://127.0.0.1/elsewhere' }] })]),
    /base\.yaml/,
  );
  await assert.rejects(admin.applyPolicies([good, { ...good, file: 'twin.yaml' }]), /twin\.yaml/);
  assert.deepEqual(await admin.policies(), []);

  const first = await admin.applyPolicies([good]);
  assert.deepEqual(
    first.policies.map(({ name, version, change }) => [name, version, change]),
    [['base', 1, 'added']],
  );
  const again = await admin.applyPolicies([good]);
  assert.deepEqual([again.policies[0]?.change, again.policies[0]?.version], ['unchanged', 1]);
  const change = policyText({
    whenStale: 'allow',
    databases: { Messages: { backup: 'allow', custody: 'any', into: 'allow' } },
  });
  const diff = await admin.diffPolicies([change]);
  assert.deepEqual(
    diff.policies[0]?.differences.find(({ path }) => path === 'whenStale'),
    { path: 'whenStale', after: 'allow' },
  );
  assert.deepEqual(
    diff.policies[0]?.differences.find(({ path }) => path === 'databases.Messages.custody'),
    { path: 'databases.Messages.custody', before: 'company', after: 'any' },
  );
  assert.equal((await admin.policy('base')).version, 1, 'a diff applies nothing');
  assert.equal((await admin.applyPolicies([change])).policies[0]?.version, 2);
  await admin.deletePolicy('base');
  await assert.rejects(admin.deletePolicy('base'), refused('ERR_NOT_FOUND'));
  await assert.rejects(admin.policy('base'), refused('ERR_NOT_FOUND'));
  assert.deepEqual(
    (await admin.policyHistory('base')).map(({ version, state }) => [version, state]),
    [
      [2, 'deleted'],
      [1, 'past'],
    ],
  );
  assert.equal(JSON.parse((await admin.policyHistory('base'))[1]!.document).name, 'base');
});

test('resolve names the policy that decided, by scope and group order', async (t) => {
  const w = await world(t);
  const { admin } = w;
  await admin.addUser('ada');
  for (const group of ['sales', 'staff']) {
    await admin.addGroup(group);
    await admin.addMember(group, 'ada');
  }
  const device = await enrolDevice(w, { user: 'ada', classes: ['byod'] });
  const group = (name: string, custody: string) => ({
    file: name,
    source: JSON.stringify({
      name,
      scope: { groups: [name] },
      databases: { Messages: { custody, into: 'allow' } },
    }),
  });
  const changed = await admin.applyPolicies([policyText(), group('sales', 'any'), group('staff', 'all')]);
  assert.equal(changed.devices, 1);
  const custody = async () => {
    const { databases } = await admin.resolvePolicy(device.id, 'Messages');
    const value = databases.find((row) => row.field === 'custody' && row.class === 'enterprise');
    return [value?.value, value?.policy, value?.scope];
  };
  assert.deepEqual(await custody(), ['any', 'sales', 'group']);
  await admin.orderGroups(['staff', 'sales']);
  assert.deepEqual(await custody(), ['all', 'staff', 'group']);
  const whole = await admin.resolvePolicy(device.id);
  assert.deepEqual(
    [whole.user, whole.groups, whole.classes],
    ['ada', ['staff', 'sales'], ['android', 'byod']],
  );
  const backup = whole.databases.find(({ database, field }) => database === 'Games' && field === 'backup');
  assert.deepEqual([backup?.value, backup?.policy], ['deny', 'base']);
  assert.equal(whole.settings.find(({ setting }) => setting === 'whenStale')?.policy, 'default');
});

test('keys: made when a rule needs them, rotated on demand, never shown', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  assert.deepEqual(await w.admin.keys(), []);
  await assert.rejects(w.admin.rotateKeys({ use: 'user', user: 'ada' }), refused('ERR_NOT_FOUND'));
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  const secret = device.values.encryptionKeys!.find(({ use }) => use === 'database')!;
  const made = await w.admin.rotateKeys({ use: 'database', user: 'ada', database: 'Messages' });
  assert.deepEqual([made.epoch, made.current, made.user, made.database], [2, true, 'ada', 'Messages']);
  const listed = await w.admin.keys();
  assert.deepEqual(
    listed.filter(({ use }) => use === 'database').map(({ epoch, current }) => [epoch, current]),
    [
      [1, false],
      [2, true],
    ],
  );
  assert.ok(!JSON.stringify(listed).includes(secret.k!));
  await assert.rejects(
    w.admin.rotateKeys({ use: 'database', user: 'ada', database: '*' }),
    refused('ERR_INVALID_REQUEST'),
  );
});

test('the audit log holds every change, in a chain, page by page and as a whole', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  await w.admin.revokeDevice(device.id);
  const actions: string[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = await w.admin.audit({ after, limit: 2 });
    actions.push(...page.entries.map(({ action }) => action));
    after = page.next;
  }
  assert.deepEqual(actions, [
    ...['user.add', 'policy.apply', 'code.add', 'device.enrol', 'key.make', 'key.make'],
    ...['key.rotate', 'key.rotate', 'device.revoke'],
  ]);
  const response = await fetch(`${w.server.url}/api/v1/admin/audit/export`, {
    headers: { authorization: `Bearer ${w.token}` },
  });
  const lines = (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ action }) => action),
    actions,
  );
  for (const [position, line] of lines.entries()) {
    assert.equal(line.previous, position === 0 ? '' : lines[position - 1].hash);
  }
  assert.ok(!JSON.stringify(lines).includes(w.token));
});

test('many wrong tokens at once are held up like one after the other', async (t) => {
  const w = await world(t);
  const ask = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${w.server.url}/api/v1/admin/users`, { headers });
    await response.arrayBuffer();
    return response.status;
  };
  const statuses = await Promise.all(Array.from({ length: 60 }, (_, number) => ask(`wrong${number}`)));
  const checked = statuses.filter((status) => status === 401).length;
  assert.ok(checked >= 20 && checked <= 22, `${checked} were checked`);
  assert.equal(statuses.filter((status) => status === 429).length, 60 - checked);
});
