/** Who and what is refused, by the real command line: the exit code, who says no, and that nothing was touched. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seeded } from '../world/data.ts';
import { resultOf } from '../world/device.ts';
import { assertSameTree } from '../world/trees.ts';
import { ALLOW_ALL, type World, type WorldDevice, world } from '../world.ts';
import { type Ended, holdfast, spawnHoldfast } from './cli-command.ts';

const DATABASES = {
  ...ALLOW_ALL.databases,
  'Voice Mail': { backup: 'deny' },
  Secrets: { into: 'deny' },
} as const;

let it: World;
let phone: WorldDevice;
let home: string;

before(async () => {
  it = await world({
    hostile: true,
    users: { alice: { devices: ['phone', 'tablet', 'lost'] }, bob: { devices: ['phone'] } },
    policies: [{ ...ALLOW_ALL, databases: DATABASES }],
  });
  phone = it.device('alice', 'phone');
  home = it.place('home');
  await mkdir(home);
  await writeFile(join(home, 'letter'), 'dear');
  for (const database of ['Files', 'Voice Mail', 'Secrets'])
    await phone.call('sourceAdd', { database, kind: 'folder', path: home, label: database });
  const done = await phone.cli(['backup', '--database', 'Files']);
  assert.equal(done.code, 0, done.stderr);
});
after(() => it?.[Symbol.asyncDispose]());

async function objectsOf(device: WorldDevice): Promise<string[]> {
  const entries = await readdir(it.objects, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.parentPath.includes(`/${device.id}/`))
    .map((entry) => join(entry.parentPath, entry.name));
}

function assertRefused({ code, stdout, stderr }: Ended, expected: number, says: RegExp): void {
  assert.equal(code, expected, stderr);
  assert.match(stderr, says);
  assert.match(stderr, /^holdfast: /m);
  assert.equal(
    stderr
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('holdfast: ')).length,
    1,
    stderr,
  );
  assert.equal(stdout, '');
}

/** Refused, and the target is not even made. */
async function restoreRefused(device: WorldDevice, expected: number, says: RegExp, ...more: string[]) {
  const into = it.place('into');
  const ended = await device.cli(['restore', '--into', into, ...more]);
  assertRefused(ended, expected, says);
  assert.equal(await lstat(into).catch(() => undefined), undefined, 'something was written');
}

test('a denied database asked for by name: 4, and the policy is named', async () => {
  const before = await objectsOf(phone);
  assertRefused(await phone.cli(['backup', '--database', 'Voice Mail']), 4, /Voice Mail.*everyone/);
  assertRefused(
    await phone.cli(['backup', '--database', 'Files', '--database', 'Voice Mail']),
    4,
    /everyone/,
  );
  assert.deepEqual(await objectsOf(phone), before);
  const { databases } = resultOf('databases', await phone.cli(['device', 'databases', '--json']));
  const row = databases.find(({ database }) => database === 'Voice Mail');
  assert.deepEqual([row?.available, row?.policy], [false, 'everyone']);
});

test('what may not leave its application: 4, by the same policy', async () => {
  const done = await phone.cli(['backup', '--database', 'Secrets', '--database', 'Files']);
  assert.equal(done.code, 0, done.stderr);
  await restoreRefused(phone, 4, /everyone/, '--database', 'Secrets');
});

test("another user's device: 5, whatever it asks for", async () => {
  const bob = it.device('bob', 'phone');
  const { sets } = resultOf('sets', await phone.cli(['sets', '--json']));
  await restoreRefused(bob, 5, /./, '--device', phone.id);
  await restoreRefused(bob, 5, /./, '--device', phone.id, '--from', it.area, '--set', sets[0]!.set);
  // The area's URI with the place of another user in it is still the area.
  const place = (await objectsOf(phone))[0]!.slice(it.objects.length + 1).split('/')[0];
  await restoreRefused(
    bob,
    5,
    /./,
    '--from',
    `${it.area.replace(/\/?$/, '/')}${place}/`,
    '--device',
    phone.id,
  );
});

test('a device that was revoked: 5, at once and ever after', async () => {
  const lost = it.device('alice', 'lost');
  await lost.call('refresh', {});
  await it.admin.revokeDevice(lost.id);
  await restoreRefused(lost, 5, /ended/, '--device', phone.id);
  await restoreRefused(lost, 5, /ended/, '--device', phone.id);
  for (const command of ['backup', 'sets', 'verify', 'ls'])
    assertRefused(await lost.cli([command]), 5, /ended/);
  // What could open or sign is gone from it (B7).
  for (const name of await readdir(lost.state)) assert.notEqual(name, 'identity');
});

test('a revoked device that keeps away from its server: the area has its key on the list', async () => {
  const away = await it.enrol('alice', 'away');
  await away.call('refresh', {});
  await it.admin.revokeDevice(away.id);
  using _ = it.serverProxy.rule(async () => undefined);
  const end = performance.now() + 5000;
  for (;;) {
    const ended = await away.cli(['sets']);
    if (ended.code === 5) break;
    assert.ok(performance.now() < end, `still served: ${ended.stdout}`);
  }
  await restoreRefused(away, 5, /./, '--device', phone.id);
});

test('a device that never enrolled: 5, and not even a state directory', async () => {
  const stranger = it.stranger('stranger');
  await restoreRefused(stranger, 5, /enrol/, '--from', it.area, '--device', phone.id);
  for (const command of ['backup', 'sets', 'ls', 'verify'])
    assertRefused(await stranger.cli([command]), 5, /enrol/);
  assert.equal(await lstat(stranger.state).catch(() => undefined), undefined);
});

test('altered objects at rest: 6, object and kind are named', async () => {
  const tablet = it.device('alice', 'tablet');
  for (const [part, noun] of [
    ['/m/', 'manifest'],
    ['/k/', 'envelope'],
    ['/s/', 'segment'],
  ] as const) {
    const intact = new Map<string, Buffer>();
    for (const path of (await objectsOf(phone)).filter((name) => name.includes(part))) {
      const bytes = await readFile(path);
      intact.set(path, bytes);
      await writeFile(path, bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1));
    }
    assert.ok(intact.size > 0);
    await restoreRefused(tablet, 6, new RegExp(`${noun} `), '--device', phone.id, '--database', 'Files');
    const verified = await phone.cli(['verify']);
    assert.equal(verified.code, 6, verified.stderr);
    assert.match(verified.stderr, new RegExp(noun));
    for (const [path, bytes] of intact) await writeFile(path, bytes);
  }
  assert.equal((await phone.cli(['verify'])).code, 0);
});

test('storage down: 1 after retries, nothing touched; up again, it goes on', async () => {
  await it.storage.stop();
  const asked = performance.now();
  await restoreRefused(it.device('alice', 'tablet'), 1, /127\.0\.0\.1/, '--device', phone.id);
  assert.ok(performance.now() - asked > 1500, 'it was not tried again');
  const { code, stderr } = await phone.cli(['backup', '--database', 'Files']);
  assert.equal(code, 1, stderr);
  await it.storage.start();
  assert.equal((await phone.cli(['backup', '--database', 'Files'])).code, 0);
  const into = it.place('into');
  const restored = await it
    .device('alice', 'tablet')
    .cli(['restore', '--device', phone.id, '--into', into, '--database', 'Files']);
  assert.equal(restored.code, 0, restored.stderr);
  await assertSameTree(home, join(into, 'Files'));
});

test('stopped by the user: 130; the next run goes on', async () => {
  await writeFile(join(home, 'new'), seeded(3)(100_000));
  const child = spawnHoldfast(['backup', '--database', 'Files', '--state', phone.state]);
  const exited = once(child, 'exit');
  {
    using _ = it.areaProxy.rule(async (asked, pass) => {
      if (asked.method !== 'PUT') return pass();
      child.kill('SIGINT');
      return new Promise(() => {});
    });
    assert.equal((await exited)[0], 130);
  }
  assert.equal((await phone.cli(['backup', '--database', 'Files'])).code, 0);
  await rm(join(home, 'new'));
});

test('server down: the last policy counts until it expires; then 4, until the server is back', async () => {
  await it.applyPolicies({
    ...ALLOW_ALL,
    databases: DATABASES,
    expires: '6s',
    refresh: '2s',
    whenStale: 'block',
  });
  const { policy } = await phone.call('refresh', {});
  await it.server.stop();
  const going = await phone.cli(['backup', '--database', 'Files', '--json']);
  assert.equal(going.code, 0, going.stderr);
  assert.equal(resultOf('backup', going).reported, false);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, policy.expires - Date.now() + 50)));
  assertRefused(await phone.cli(['backup', '--database', 'Files']), 4, /everyone/);
  await restoreRefused(phone, 4, /everyone/, '--database', 'Files');
  await it.server.start();
  await it.applyPolicies({ ...ALLOW_ALL, databases: DATABASES });
  const back = await phone.cli(['backup', '--database', 'Files', '--json']);
  assert.equal(back.code, 0, back.stderr);
  assert.equal((await phone.call('status', {})).unsent, 0);
});

test('a broken policy file: 2, what and where is named, nothing of it applied', async () => {
  const before = await it.admin.policies();
  const good = it.place('good.yaml');
  await writeFile(good, 'name: good\nscope: { global: true }\n');
  const admin = (...args: string[]): Promise<Ended> =>
    holdfast(['admin', ...args, '--server', it.server.url, '--token-file', it.tokenFile]);
  for (const [text, says] of [
    ['name: x\nscope: { global: true }\ndatabases:\n  Files: { backup: perhaps }\n', /backup/],
    ['name: x\nscope: { global: true }\nfrobnicate: 1\n', /frobnicate/],
    ['name: x\nscope: { global: true }\nexpires: soon\n', /expires/],
    ['name: x\n', /scope/],
    ['name: [x\n', /./],
    ['', /./],
  ] as const) {
    const broken = it.place('broken.yaml');
    await writeFile(broken, text);
    const ended = await admin('policy', 'apply', good, broken);
    assertRefused(ended, 2, says);
    assert.match(ended.stderr, /broken\.yaml/);
  }
  assertRefused(await admin('policy', 'apply', it.place('missing.yaml')), 2, /missing\.yaml/);
  assert.deepEqual(await it.admin.policies(), before);
});

test('a source that is not there: 2 when it is added, and nothing is lost when it goes away later', async () => {
  assertRefused(await phone.cli(['source', 'add', 'Pictures', 'folder', it.place('nowhere')]), 2, /nowhere/);
  const tablet = it.device('alice', 'tablet');
  const photos = it.place('photos');
  await mkdir(photos);
  await writeFile(join(photos, 'one'), '1');
  await tablet.call('sourceAdd', { database: 'Pictures', kind: 'folder', path: photos });
  assert.equal((await tablet.cli(['backup'])).code, 0);
  await rm(photos, { recursive: true });
  assert.notEqual((await tablet.cli(['backup'])).code, 0);
  const into = it.place('into');
  assert.equal((await tablet.cli(['restore', '--into', into])).code, 0);
  assert.equal(await readFile(join(into, 'Pictures/one'), 'utf8'), '1');
});

test('a company device shares nothing and takes nothing from others, unless a policy allows it', async () => {
  const card = it.place('card.json');
  await writeFile(card, 'any');
  for (const words of [
    ['share', 'card', '--out', it.place('mine.json')],
    ['share', 'accept', card],
    ['share', 'list'],
    ['share', 'people'],
    ['share', 'create', '--to', 'user:bob', '--database', 'Pictures'],
    ['share', 'accept', 'bob'],
    ['share', 'update', 'Bob'],
    ['share', 'end', 'Bob'],
  ])
    assertRefused(await phone.cli(words), 4, /belongs to a company, and no policy allows sharing/);
  await assert.rejects(lstat(it.place('mine.json')));
});
