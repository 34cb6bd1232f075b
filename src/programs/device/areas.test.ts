/** Where backups go: several storage areas, none, and keys for databases that no policy mentions. */
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { adminClient } from '../../api/client/index.ts';
import { callDevice } from '../../api/device/index.ts';
import { start as startServer } from '../server/index.ts';
import type { Device } from './index.ts';
import { silent, world } from './world.test.ts';

const { scratch, area, admin, addArea, applyPolicy, open, enrolled, tree } = await world();

test('a second area begins empty, for the device and for the others of its user', async (t) => {
  const second = await addArea('second');
  await applyPolicy({ destinations: [{ area }, { area: second }] });
  t.after(() => applyPolicy({}));
  await admin.addUser('two-areas');
  const [one, two] = [await enrolled('areas-1', 'two-areas'), await enrolled('areas-2', 'two-areas')];
  const path = await tree('areas-files', { a: '1' });
  await callDevice(one, 'sourceAdd', { database: 'Files', kind: 'folder', path });
  await callDevice(one, 'backup', {});
  const [head] = (await admin.device((await callDevice(one, 'status', {})).device!)).heads;
  assert.equal(head?.area, area.slice(-22));

  const into = join(scratch, 'areas-out');
  for (const device of [one, two]) {
    await assert.rejects(callDevice(device, 'restore', { into, from: second }), { kind: 'usage' });
    assert.deepEqual((await callDevice(device, 'sets', { from: second })).sets, []);
  }
  assert.equal((await callDevice(one, 'backup', { to: second })).set?.counter, 1);
  assert.equal((await callDevice(one, 'backup', {})).set?.counter, 2);
  const restored = await callDevice(two, 'restore', { into, from: second });
  assert.deepEqual(restored.freshness, { ...restored.freshness, kind: 'known', counter: 1 });
  // What is lost in the one area is missed there, and there only.
  await rm(join(scratch, 'storage', 'objects', second.slice(-22)), { recursive: true });
  const lost = callDevice(two, 'restore', { into: `${into}-2`, from: second });
  await assert.rejects(lost, { code: 'ERR_ROLLED_BACK', kind: 'integrity' });
  assert.equal((await callDevice(two, 'restore', { into: `${into}-3` })).set.counter, 2);
});

test('without a storage area in any policy it is said who has to name one', async (t) => {
  await applyPolicy({ destinations: undefined });
  t.after(() => applyPolicy({}));
  const device = await enrolled('nowhere', 'bob');
  const path = await tree('nowhere-files', { a: '1' });
  await callDevice(device, 'sourceAdd', { database: 'Files', kind: 'folder', path });
  const message = /^no policy names a storage area .* administrator .* "destinations"$/;
  for (const operation of ['backup', 'sets', 'restore'] as const)
    await assert.rejects(callDevice(device, operation, {}), { kind: 'usage', message });
});

test('a database that no policy mentions gets its own key with its first backup', async (t) => {
  const state = join(scratch, 'server-3');
  let boss = await startServer({ state, log: silent });
  const { port } = boss;
  t.after(() => boss.close());
  const token = (await readFile(boss.adminToken, 'utf8')).trim();
  const client = adminClient({ url: boss.url, token });
  const place = await addArea('own', boss.url);
  await client.addUser('dora');
  // `encrypt` is left to the default: the key of the database.
  const databases = { '*': { backup: 'allow', custody: 'company', into: 'allow' } };
  const policy = { name: 'own-keys', scope: { global: true }, databases, destinations: [{ area: place }] };
  await client.applyPolicies([{ source: JSON.stringify(policy) }]);
  const enter = async (name: string): Promise<Device> => {
    const device = await open(name);
    await callDevice(device, 'enrol', { code: (await client.makeCode({ user: 'dora' })).code });
    return device;
  };
  const [one, two] = [await enter('own-1'), await enter('own-2')];
  const add = async (database: string): Promise<void> => {
    const path = await tree(`own-${database}`, { a: database });
    await callDevice(one, 'sourceAdd', { database, kind: 'folder', path });
  };
  await add('Fotos');
  const rows = (await callDevice(one, 'databases', {})).databases;
  const row = rows.find(({ database }) => database === 'Fotos');
  assert.deepEqual([row?.available, row?.encrypt], [true, 'database']);
  assert.equal((await callDevice(one, 'backup', {})).complete, true);

  // Nobody is there to be told: it is told before the next run, and waits until then.
  await boss.close();
  await add('Notes');
  assert.equal((await callDevice(one, 'status', {})).unsent, 1);
  boss = await startServer({ state, port, log: silent });
  const done = await callDevice(one, 'backup', { databases: ['Notes'] });
  assert.deepEqual([done.complete, done.leftOut], [true, []]);
  assert.equal((await callDevice(one, 'status', {})).unsent, 0);
  const keys = (await client.keys()).flatMap(({ use, database }) => (use === 'database' ? database : []));
  assert.deepEqual(keys.sort(), ['Fotos', 'Notes']);

  const into = join(scratch, 'own-out');
  assert.equal((await callDevice(two, 'restore', { into })).complete, true);
  assert.equal(await readFile(join(into, 'Notes', 'a'), 'utf8'), 'Notes');
  await callDevice(one, 'sourceRemove', { label: 'own-Fotos' });
  const { device } = await callDevice(one, 'status', {});
  assert.deepEqual((await client.device(device!)).databases, ['Notes']);
});
