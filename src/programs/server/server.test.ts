import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { adminClient, enrolmentClient } from '../../api/client/index.ts';
import { addArea, start as startStorage } from '../storage/index.ts';
import { start } from './index.ts';
import { enrolBy, enrolDevice, policyText, silent, world } from './world.test.ts';

test('the state directory is for its owner alone, and holds no key in the clear', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  assert.equal((await stat(w.state)).mode & 0o777, 0o700);
  const secrets = [
    ...device.values.decryptionKeys!.map(({ k }) => Buffer.from(k!, 'base64url')),
    Buffer.from(w.token),
  ];
  for (const name of await readdir(w.state)) {
    assert.equal((await stat(join(w.state, name))).mode & 0o077, 0, name);
    if (name === 'admin-token') continue;
    const bytes = await readFile(join(w.state, name));
    for (const secret of secrets) {
      assert.ok(!bytes.includes(secret), name);
      assert.ok(!bytes.includes(secret.toString('base64url')), name);
    }
  }
});

test('a restart keeps everything: identity, token, devices, keys, messages', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  await device.acknowledge();
  const before = {
    identity: await enrolmentClient({ url: w.server.url }).identity(),
    ...{ devices: await w.admin.devices(), keys: await w.admin.keys(), audit: await w.admin.audit() },
  };
  const code = await w.admin.makeCode({ user: 'ada' });
  await w.restart();
  assert.deepEqual(await enrolmentClient({ url: w.server.url }).identity(), before.identity);
  assert.deepEqual(await w.admin.devices(), before.devices);
  assert.deepEqual(await w.admin.keys(), before.keys);
  assert.equal(await device.fetch(), false, 'the same message is still the newest');
  await enrolBy(w.server.url, code.code);
  const { entries } = await w.admin.audit();
  assert.deepEqual(entries.slice(0, before.audit.entries.length), before.audit.entries);
});

test('a server that was set back to an older copy catches up with its devices', async (t) => {
  const w = await world(t);
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText()]);
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  await device.acknowledge();
  const copy = `${w.state}-copy`;
  await w.server.close();
  await cp(w.state, copy, { recursive: true });
  await w.restart();
  await w.admin.applyPolicies([policyText({ whenStale: 'allow' })]);
  await device.fetch();
  await device.acknowledge();

  await w.server.close();
  await rm(w.state, { recursive: true });
  await cp(copy, w.state, { recursive: true });
  await w.restart();
  await assert.rejects(
    device.fetch(),
    { code: 'ERR_POLICY_SECTION' },
    'older rules are not taken as they are',
  );
  await device.fail('ERR_POLICY_SECTION');
  assert.equal(await device.fetch(), true);
  assert.equal(
    device.values.rules?.whenStale.value,
    'block',
    'what the server says now, under a later version',
  );
  assert.deepEqual(await device.acknowledge(), { order: 'new' });
});

test('the admin token can be replaced; a stranger to the master key is told so', async (t) => {
  const w = await world(t);
  await w.server.close();
  const next = await start({ state: w.state, log: silent, newAdminToken: true });
  const token = (await readFile(next.adminToken, 'utf8')).trim();
  assert.notEqual(token, w.token);
  await assert.rejects(adminClient({ url: next.url, token: w.token }).users(), { code: 'ERR_NOT_ADMIN' });
  assert.deepEqual(await adminClient({ url: next.url, token }).users(), []);
  await assert.rejects(start({ state: w.state, log: silent }), /another server is running/);
  await next.close();
  await writeFile(join(w.state, 'master-key'), new Uint8Array(32));
  await assert.rejects(start({ state: w.state, log: silent }), {
    code: 'ERR_SERVER_SEAL',
    kind: 'integrity',
  });
});

test('a token file that somebody put there beforehand is not taken', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-server-'));
  t.after(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'server.json'), '{"kind":"holdfast server","v":1}\n');
  for (const text of ['', 'secret']) {
    await writeFile(join(directory, 'admin-token'), text);
    await assert.rejects(start({ state: directory, log: silent }), { code: 'ERR_SERVER_STATE' });
  }
});

test('an altered audit log is noticed', async (t) => {
  const w = await world(t);
  for (const name of ['ada', 'bob', 'eve']) await w.admin.addUser(name);
  await w.server.close();
  const database = new DatabaseSync(join(w.state, 'server.sqlite'));
  database.exec("drop trigger audit_fixed; update audit set subject = 'eve' where seq = 2");
  database.close();
  await w.restart();
  await assert.rejects(w.admin.audit(), { code: 'ERR_AUDIT_BROKEN' });
});

test('a port that is taken is an error with a code, and leaves nothing behind', async (t) => {
  const w = await world(t);
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-server-'));
  t.after(() => rm(directory, { recursive: true }));
  const config = { state: directory, log: silent };
  await assert.rejects(start({ ...config, port: w.server.port }), { code: 'ERR_SERVER_STATE' });
  await (await start(config)).close();
});

test('health, unknown routes, odd bodies', async (t) => {
  const w = await world(t);
  const health = await fetch(`${w.server.url}/healthz`);
  assert.equal(health.status, 200);
  assert.equal(((await health.json()) as { status: string }).status, 'ok');
  assert.equal(health.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(health.headers.get('cache-control'), 'no-store');

  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(w.server.url + path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  const code = async (response: Response) => [
    response.status,
    ((await response.json()) as { code: string }).code,
  ];
  assert.deepEqual(await code(await fetch(`${w.server.url}/nothing`)), [404, 'ERR_NOT_FOUND']);
  assert.deepEqual(await code(await post('/api/v1/enrolments', '{')), [400, 'ERR_INVALID_REQUEST']);
  assert.deepEqual(await code(await post('/api/v1/enrolments', '[]')), [400, 'ERR_INVALID_REQUEST']);
  const admin = { authorization: `Bearer ${w.token}` };
  assert.deepEqual(await code(await post('/api/v1/admin/users', '{"name":"x","more":1}', admin)), [
    400,
    'ERR_INVALID_REQUEST',
  ]);
  assert.deepEqual(
    await code(await post('/api/v1/admin/users', 'name=x', { ...admin, 'content-type': 'text/plain' })),
    [400, 'ERR_INVALID_REQUEST'],
  );
  assert.deepEqual(await code(await post('/api/v1/enrolments', 'x'.repeat(2_000_000))), [
    413,
    'ERR_TOO_LARGE',
  ]);
  const chunked = await new Promise<number | undefined>((resolve, reject) => {
    const asked = request(`${w.server.url}/api/v1/enrolments`, { method: 'POST' }, ({ statusCode }) =>
      resolve(statusCode),
    );
    asked.on('error', reject).write('{');
    asked.end('}');
  });
  assert.equal(chunked, 400, 'a body without a length');
});

test('the OpenAPI document describes every route that answers', async (t) => {
  const w = await world(t);
  const document = (await (await fetch(`${w.server.url}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<
      string,
      Record<string, { responses: object; security?: object[]; parameters?: { in: string; name: string }[] }>
    >;
    components: { securitySchemes: object };
  };
  assert.equal(document.openapi, '3.1.0');
  assert.deepEqual(Object.keys(document.components.securitySchemes).sort(), ['adminToken', 'deviceLogin']);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  assert.deepEqual(operations.map(({ path, method }) => `${method} ${path.replace('/api/v1', '')}`).sort(), [
    'delete /admin/codes/{id}',
    'delete /admin/groups/{name}',
    'delete /admin/groups/{name}/members/{user}',
    'delete /admin/policies/{name}',
    'delete /admin/users/{name}',
    'get /admin/audit',
    'get /admin/audit/export',
    'get /admin/codes',
    'get /admin/devices',
    'get /admin/devices/{id}',
    'get /admin/devices/{id}/rules',
    'get /admin/groups',
    'get /admin/keys',
    'get /admin/policies',
    'get /admin/policies/{name}',
    'get /admin/policies/{name}/history',
    'get /admin/users',
    'get /devices/{id}/message',
    'get /devices/{id}/people',
    'get /devices/{id}/shares',
    'get /devices/{id}/stream',
    'get /healthz',
    'get /identity',
    'post /admin/codes',
    'post /admin/devices/{id}/confirm',
    'post /admin/devices/{id}/revoke',
    'post /admin/groups',
    'post /admin/keys/erase',
    'post /admin/keys/rotate',
    'post /admin/policies/apply',
    'post /admin/policies/diff',
    'post /admin/policies/push',
    'post /admin/users',
    'post /devices/{id}/grants',
    'post /devices/{id}/people',
    'post /devices/{id}/person',
    'post /devices/{id}/reports',
    'post /devices/{id}/shares',
    'post /devices/{id}/shares/access',
    'post /devices/{id}/shares/end',
    'post /devices/{id}/time',
    'post /enrolments',
    'put /admin/group-order',
    'put /admin/groups/{name}/members/{user}',
  ]);
  for (const { path, method, operation } of operations) {
    assert.ok(Object.keys(operation.responses).length > 0);
    for (const name of path.matchAll(/\{(\w+)\}/g)) {
      assert.ok(
        operation.parameters?.some((found) => found.in === 'path' && found.name === name[1]),
        path,
      );
    }
    // every route that needs proof of who asks says so, and refuses a stranger
    const closed = path.includes('/admin/') || path.includes('/devices/');
    assert.equal(operation.security !== undefined, closed, path);
    if (!closed) continue;
    const response = await fetch(w.server.url + path.replace(/\{\w+\}/g, 'A'.repeat(22)), { method });
    assert.ok([401, 429].includes(response.status), `${method} ${path}: ${response.status}`);
    await response.body?.cancel();
  }
});

test('the storage area learns which keys are ended, also when it was away', async (t) => {
  const w = await world(t);
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-area-'));
  const storage = await startStorage({ state: directory, listen: '127.0.0.1:0', log: 'silent' });
  t.after(async () => {
    await storage.close();
    await rm(directory, { recursive: true });
  });
  const { identityKey } = await enrolmentClient({ url: w.server.url }).identity();
  const { uri, id } = await addArea(directory, { name: 'test', issuers: [identityKey] });
  await w.admin.addUser('ada');
  await w.admin.applyPolicies([policyText({ destinations: [{ area: uri }] })]);
  const device = await enrolDevice(w, { user: 'ada' });
  await device.fetch();
  await w.admin.revokeDevice(device.id);
  const lists = join(directory, 'areas', id, 'ended');
  let found: string[] = [];
  for (let tries = 0; found.length === 0 && tries < 200; tries++) {
    await sleep(10);
    // Not one that is just being written.
    found = (await readdir(lists).catch(() => [])).filter((name) => !name.startsWith('.'));
  }
  assert.equal(found.length, 1);
  const list = await readFile(join(lists, found[0]!), 'utf8');
  const { ended } = JSON.parse(Buffer.from(list.split('.')[1]!, 'base64url').toString());
  assert.equal(ended.length, 1);
});
