/** One device after the other through a whole life, against a real server and a real storage in this process. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { adminClient } from '../../api/client/index.ts';
import { callDevice, type EntryEvent, type RunningEvent } from '../../api/device/index.ts';
import { type RunningServer, start as startServer } from '../server/index.ts';
import { addArea, type RunningStorage, start as startStorage } from '../storage/index.ts';
import { Home, Lock } from './home/index.ts';
import { agentSocket, type Device, openDevice, socketTransport, start } from './index.ts';

let scratch: string;
let server: RunningServer;
let storage: RunningStorage;
let area: string;
let admin: ReturnType<typeof adminClient>;
const silent = { info() {}, warn() {}, error() {} };

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-device-'));
  server = await startServer({ state: join(scratch, 'server'), log: silent });
  storage = await startStorage({ state: join(scratch, 'storage'), listen: '127.0.0.1:0', log: 'silent' });
  const token = (await readFile(server.adminToken, 'utf8')).trim();
  admin = adminClient({ url: server.url, token });
  const { identityKey } = (await (await fetch(`${server.url}/api/v1/identity`)).json()) as {
    identityKey: object;
  };
  area = (await addArea(join(scratch, 'storage'), { name: 'a', issuers: [identityKey] })).uri;
  for (const user of ['ann', 'bob']) await admin.addUser(user);
  await applyPolicy({ expires: '7d' });
});
after(async () => {
  await storage?.close();
  await server?.close();
  await rm(scratch, { recursive: true, force: true });
});

async function applyPolicy(more: object): Promise<void> {
  const policy = {
    name: 'everyone',
    scope: { global: true },
    databases: {
      'Voice Mail': { backup: 'deny' },
      Secrets: { into: 'deny' },
      '*': { backup: 'allow', encrypt: 'user', custody: 'company', into: 'allow' },
    },
    destinations: [{ area }],
    ...more,
  };
  await admin.applyPolicies([{ source: JSON.stringify(policy) }]);
}

const open = (name: string): Promise<Device> => openDevice({ state: join(scratch, name) });

async function enrolled(name: string, user: string): Promise<Device> {
  const device = await open(name);
  const { code } = await admin.makeCode({ user });
  await callDevice(device, 'enrol', { code });
  return device;
}

async function tree(name: string, files: Record<string, string>): Promise<string> {
  const root = join(scratch, name);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

const CARD = 'BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:Eva Muster\r\nN:Muster;Eva;;;\r\nEND:VCARD\r\n';

test('a device that never enrolled says so, and touches nothing', async () => {
  const device = await open('stranger');
  const status = await callDevice(device, 'status', {});
  assert.deepEqual([status.enrolment, status.sources, status.agent], ['none', 0, false]);
  for (const operation of ['databases', 'refresh', 'backup', 'sets', 'ls', 'verify'] as const) {
    await assert.rejects(callDevice(device, operation, {}), { code: 'ERR_NOT_ENROLLED', kind: 'no-key' });
  }
  const into = join(scratch, 'stranger-out');
  await assert.rejects(callDevice(device, 'restore', { into }), { code: 'ERR_NOT_ENROLLED' });
  assert.ok(!(await readdir(scratch)).some((name) => name.startsWith('stranger')));
});

test('codes: what is none, one of another server, a used one', async () => {
  const device = await open('codes');
  await assert.rejects(callDevice(device, 'enrol', { code: 'holdfast-enrol:AAAA' }), { kind: 'usage' });
  const { code } = await admin.makeCode({ user: 'ann' });
  await callDevice(device, 'enrol', { code });
  await assert.rejects(callDevice(device, 'enrol', { code }), { code: 'ERR_ALREADY_ENROLLED' });
  await assert.rejects(callDevice(await open('codes-2'), 'enrol', { code }), { kind: 'no-key' });
});

test('backup, and restore on another device of the user; nobody else', async (t) => {
  const files = await tree('files', { 'letter.txt': 'dear', 'deep/er/ä b': 'x'.repeat(100_000), empty: '' });
  const cards = join(await tree('cards', { 'contacts.vcf': CARD }), 'contacts.vcf');
  const voice = await tree('voice', { 'call.amr': 'hello' });
  const first = await enrolled('first', 'ann');
  await callDevice(first, 'sourceAdd', { database: 'Files', kind: 'folder', path: files, label: 'files' });
  await callDevice(first, 'sourceAdd', { database: 'Address Book', kind: 'vcard', path: cards });
  await callDevice(first, 'sourceAdd', { database: 'Voice Mail', kind: 'folder', path: voice });

  const rows = (await callDevice(first, 'databases', {})).databases;
  const row = (name: string) => rows.find(({ database }) => database === name);
  assert.deepEqual([row('Voice Mail')?.available, row('Voice Mail')?.policy], [false, 'everyone']);
  assert.deepEqual([row('Files')?.available, row('Files')?.encrypt], [true, 'user']);

  const refused = callDevice(first, 'backup', { databases: ['Voice Mail'] });
  await assert.rejects(refused, { kind: 'refused', message: /everyone/ });
  await assert.rejects(callDevice(first, 'backup', { databases: ['Nothing'] }), { kind: 'usage' });
  const dry = await callDevice(first, 'backup', { dryRun: true });
  assert.deepEqual([dry.set, dry.stored], [undefined, 0]);

  const events: RunningEvent[] = [];
  const done = await callDevice(first, 'backup', {}, { onEvent: (event) => events.push(event) });
  assert.deepEqual([done.complete, done.reported, done.set?.counter], [true, true, 1]);
  assert.deepEqual(
    done.leftOut.map(({ database, policy }) => [database, policy]),
    [['Voice Mail', 'everyone']],
  );
  assert.ok(events.some((event) => event.kind === 'progress'));
  const again = await callDevice(first, 'backup', {});
  assert.equal(
    again.databases.find(({ database }) => database === 'Files')?.unchanged,
    dry.databases.find(({ database }) => database === 'Files')?.items,
  );
  const status = await callDevice(first, 'status', {});
  assert.deepEqual([status.lastBackup?.counter, status.unsent], [2, 0]);

  const second = await enrolled('second', 'ann');
  const listed = await callDevice(second, 'sets', {});
  assert.deepEqual(
    listed.sets.map(({ counter, own }) => [counter, own]),
    [
      [1, false],
      [2, false],
    ],
  );
  assert.deepEqual(
    [listed.freshness.kind, listed.freshness.kind === 'known' && listed.freshness.counter],
    ['known', 2],
  );
  const entries: EntryEvent[] = [];
  const found = await callDevice(
    second,
    'ls',
    {},
    { onEvent: (event) => void (event.kind === 'entry' && entries.push(event)) },
  );
  assert.equal(found.entries, entries.length);
  assert.ok(entries.some(({ uid, title }) => uid === '1' || title === 'Eva Muster'));
  const at = listed.sets[0]!.time;
  assert.equal((await callDevice(second, 'ls', { at })).set.counter, 1);

  const into = join(scratch, 'out');
  const restored = await callDevice(second, 'restore', { into });
  assert.deepEqual([restored.complete, restored.set.counter], [true, 2]);
  assert.deepEqual((await readdir(into)).sort(), ['Address Book', 'Files']);
  assert.equal(await readFile(join(into, 'Files', 'deep/er/ä b'), 'utf8'), 'x'.repeat(100_000));
  assert.equal(await readFile(join(into, 'Address Book', 'contacts.vcf'), 'utf8'), CARD);

  await assert.rejects(callDevice(second, 'restore', {}), { code: 'ERR_WHICH', kind: 'usage' });
  const home = await tree('home', { 'letter.txt': 'other' });
  await callDevice(second, 'sourceAdd', { database: 'Files', kind: 'folder', path: home });
  const one = await callDevice(second, 'restore', { databases: ['Files'], items: ['letter.txt'] });
  assert.deepEqual([one.databases[0]?.replaced, one.databases[0]?.target], [1, 'home']);
  assert.equal(await readFile(join(home, 'letter.txt'), 'utf8'), 'dear');
  assert.deepEqual(await readdir(home), ['letter.txt']);

  const verified = await callDevice(second, 'verify', {});
  assert.deepEqual([verified.damaged, verified.items > 0], [[], true]);

  await t.test('another user opens nothing', async () => {
    const other = await enrolled('other', 'bob');
    const nothing = join(scratch, 'bob-out');
    await assert.rejects(callDevice(other, 'restore', { into: nothing }), { kind: 'usage' });
    await assert.rejects(callDevice(other, 'restore', { into: nothing, set: done.set!.set }), {
      kind: 'usage',
    });
    assert.ok(!(await readdir(scratch)).includes('bob-out'));
  });
});

test('a second area begins empty, for the device and for the others of its user', async (t) => {
  const { identityKey } = (await (await fetch(`${server.url}/api/v1/identity`)).json()) as {
    identityKey: object;
  };
  const second = (await addArea(join(scratch, 'storage'), { name: 'second', issuers: [identityKey] })).uri;
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
  const { identityKey } = (await (await fetch(`${boss.url}/api/v1/identity`)).json()) as {
    identityKey: object;
  };
  const place = (await addArea(join(scratch, 'storage'), { name: 'own', issuers: [identityKey] })).uri;
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

test('what policy keeps in its application is not written elsewhere', async () => {
  const device = await enrolled('keeper', 'bob');
  const path = await tree('secrets', { pin: '1234' });
  await callDevice(device, 'sourceAdd', { database: 'Secrets', kind: 'folder', path });
  await callDevice(device, 'backup', {});
  const into = join(scratch, 'secrets-out');
  await assert.rejects(callDevice(device, 'restore', { into }), { kind: 'refused', message: /everyone/ });
  assert.ok(!(await readdir(scratch)).includes('secrets-out'));
  await assert.rejects(callDevice(device, 'restore', { into: join(scratch, 'keeper') }), { kind: 'usage' });
  await rm(join(path, 'pin'));
  assert.equal((await callDevice(device, 'restore', {})).databases[0]?.added, 1);
});

test('the agent: its socket, a pushed policy, the end of the device', async (t) => {
  const state = join(scratch, 'agent');
  const codes: string[] = [];
  const agent = await start({ state, log: ({ code }) => codes.push(code) });
  t.after(() => agent.close());
  await assert.rejects(start({ state }), { code: 'ERR_BUSY' });
  const transport = socketTransport(agentSocket(state));
  const { code } = await admin.makeCode({ user: 'ann' });
  const { device, policy } = await callDevice(transport, 'enrol', { code });
  assert.equal((await callDevice(transport, 'status', {})).agent, true);

  await applyPolicy({ expires: '3d' });
  await until(async () => (await callDevice(transport, 'status', {})).policy!.seq > policy.seq);
  await until(async () => (await admin.device(device)).acknowledged > policy.seq);

  const path = await tree('agent-files', { a: '1', b: '2' });
  await callDevice(transport, 'sourceAdd', { database: 'Files', kind: 'folder', path });
  const { set } = await callDevice(transport, 'backup', {});
  assert.equal(set?.counter, 1);
  assert.ok((await readdir(state)).includes('backups.json'));
  const into = join(scratch, 'agent-out');
  assert.equal((await callDevice(transport, 'restore', { into })).complete, true);
  assert.equal(await readFile(join(into, 'Files', 'b'), 'utf8'), '2');

  await admin.revokeDevice(device);
  await until(async () => (await callDevice(transport, 'status', {})).enrolment === 'ended');
  await assert.rejects(callDevice(transport, 'restore', { into: join(scratch, 'ended-out') }), {
    code: 'ERR_DEVICE_ENDED',
    kind: 'no-key',
  });
  await until(async () => !(await readdir(state)).includes('identity'));
  assert.ok(!(await readdir(state)).includes('backups.json'));
  assert.deepEqual(await callDevice(transport, 'stop', {}), { stopping: true });
  await agent.closed;
  assert.ok(codes.includes('POLICY') && codes.includes('DEVICE_ENDED'), codes.join());
});

test('one run at a time; a run that is stopped says so, and the next one goes on', async () => {
  const device = await enrolled('stopped', 'bob');
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${n}`, `${n}`.repeat(2000)]));
  const path = await tree('stopped-files', files);
  await callDevice(device, 'sourceAdd', { database: 'Files', kind: 'folder', path });
  const stop = new AbortController();
  const onEvent = (event: RunningEvent) => void (event.kind === 'progress' && stop.abort());
  const stopped = callDevice(device, 'backup', {}, { signal: stop.signal, onEvent });
  await assert.rejects(stopped, { kind: 'interrupted' });
  const other = await Lock.take(new Home(join(scratch, 'stopped')), 'run', { task: 'another' });
  await assert.rejects(callDevice(device, 'backup', {}), { code: 'ERR_BUSY', kind: 'failed' });
  other.release();
  assert.equal((await callDevice(device, 'backup', {})).set?.counter, 1);
  const into = join(scratch, 'stopped-out');
  assert.equal((await callDevice(device, 'restore', { into, databases: ['Files'] })).complete, true);
  assert.equal((await readdir(join(into, 'Files'))).length, 300);
});

test('without the server it goes on under the last policy, until that expires', async () => {
  const down = await startServer({ state: join(scratch, 'server-2'), log: silent });
  const token = (await readFile(down.adminToken, 'utf8')).trim();
  const boss = adminClient({ url: down.url, token });
  const { identityKey } = (await (await fetch(`${down.url}/api/v1/identity`)).json()) as {
    identityKey: object;
  };
  const place = (await addArea(join(scratch, 'storage'), { name: 'b', issuers: [identityKey] })).uri;
  await boss.addUser('eve');
  const all = { backup: 'allow', encrypt: 'device', custody: 'company' };
  const policy = {
    name: 'strict',
    scope: { global: true },
    databases: { '*': all },
    destinations: [{ area: place }],
  };
  await boss.applyPolicies([{ source: JSON.stringify({ ...policy, expires: '1h', whenStale: 'block' }) }]);

  let now = Date.now();
  const device = await openDevice({ state: join(scratch, 'alone'), clock: () => now });
  const { code } = await boss.makeCode({ user: 'eve' });
  await callDevice(device, 'enrol', { code });
  const path = await tree('alone-files', { a: '1' });
  await callDevice(device, 'sourceAdd', { database: 'Files', kind: 'folder', path });
  await down.close();

  const notices: string[] = [];
  const say = (event: RunningEvent) => void (event.kind === 'notice' && notices.push(event.code));
  const done = await callDevice(device, 'backup', {}, { onEvent: say });
  assert.deepEqual([done.complete, done.reported], [true, false]);
  assert.ok(notices.includes('SERVER_UNREACHABLE') && notices.includes('HEAD_UNSENT'), notices.join());
  assert.equal((await callDevice(device, 'status', {})).unsent, 1);
  // Its own sets it knows of itself, and of when they were finished (U2).
  now += 60_000;
  const later = await callDevice(device, 'backup', {});
  const fresh = { kind: 'known', counter: 2, knownAt: later.set!.time } as const;
  assert.deepEqual((await callDevice(device, 'sets', {})).freshness, fresh);
  assert.deepEqual((await callDevice(device, 'verify', {})).freshness, fresh);

  now += 2 * 3_600_000;
  await assert.rejects(callDevice(device, 'backup', {}), {
    code: 'ERR_POLICY_EXPIRED',
    kind: 'refused',
    message: /strict/,
  });
  now -= 2 * 3_600_000;
  await assert.rejects(callDevice(device, 'backup', {}), { code: 'ERR_POLICY_EXPIRED' });
});

async function until(done: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 5000;
  while (!(await done())) {
    if (performance.now() > end) throw new Error('it did not happen in five seconds');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
