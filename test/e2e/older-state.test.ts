/** A state directory that is an older copy, whole as it was: as after a disk image was restored (U2, U3). */
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seeded } from '../world/data.ts';
import { resultOf } from '../world/device.ts';
import { assertSameTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';

const random = seeded(31);
let it: World;

before(async () => {
  it = await world({ users: { alice: { devices: ['reader'] } } });
});
after(() => it?.[Symbol.asyncDispose]());

async function phoneWithHome(name: string): Promise<{ phone: WorldDevice; home: string }> {
  const phone = await it.enrol('alice', name);
  const home = it.place('home');
  await mkdir(home);
  for (let i = 0; i < 20; i++) await writeFile(join(home, `${i}`), random(30_000));
  await phone.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
  return { phone, home };
}

async function backup(phone: WorldDevice) {
  const done = await phone.cli(['backup', '--json']);
  assert.equal(done.code, 0, done.stderr);
  return { ...resultOf('backup', done), stdout: done.stdout };
}

async function setBack(phone: WorldDevice, copy: string): Promise<void> {
  await rm(phone.state, { recursive: true });
  await cp(copy, phone.state, { recursive: true, preserveTimestamps: true });
}

/** The newest set has all that is there now; each older one what was there then. */
async function allComesBack(phone: WorldDevice, home: string, older: ReadonlyMap<string, string>) {
  const reader = it.device('alice', 'reader');
  for (const [set, then] of [[undefined, home] as const, ...older]) {
    const into = it.place('into');
    await reader.call('restore', { device: phone.id, into, ...(set && { set }) });
    await assertSameTree(then, join(into, 'Files'));
  }
  for (const { set } of (await reader.call('sets', { device: phone.id })).sets)
    assert.deepEqual((await reader.call('verify', { device: phone.id, set })).damaged, [], set);
}

test('all of it is older: the next backup says so and begins a new chain; nothing that was stored is lost', async () => {
  const { phone, home } = await phoneWithHome('phone');
  const older = new Map<string, string>();
  const keep = async (set: string): Promise<void> => {
    const then = it.place('then');
    await cp(home, then, { recursive: true, preserveTimestamps: true });
    older.set(set, then);
  };
  const first = await backup(phone);
  await keep(first.set!.set);
  const copy = it.place('copy');
  await cp(phone.state, copy, { recursive: true, preserveTimestamps: true });
  await writeFile(join(home, 'between'), random(50_000));
  await rm(join(home, '3'));
  const second = await backup(phone);
  await keep(second.set!.set);

  await setBack(phone, copy);
  await writeFile(join(home, 'after'), random(50_000));
  const third = await backup(phone);
  assert.match(third.stdout, /"STATE_BEHIND"/);
  assert.notEqual(third.set?.chain, second.set?.chain);
  await keep(third.set!.set);

  // And from then on as ever: also when the same copy is put back once more.
  await writeFile(join(home, 'later'), random(50_000));
  assert.equal((await backup(phone)).set?.chain, third.set?.chain);
  await setBack(phone, copy);
  await writeFile(join(home, 'latest'), random(50_000));
  const again = await backup(phone);
  assert.ok(again.complete);
  assert.equal((await phone.call('backup', {})).stored, 0);
  await allComesBack(phone, home, older);
});

test('the copy is of the middle of a run: what it has half is not gone on with', async () => {
  const { phone, home } = await phoneWithHome('in the middle');
  await backup(phone);
  for (let i = 0; i < 20; i++) await writeFile(join(home, `new ${i}`), random(30_000));
  await it.storage.stop();
  const broken = await phone.cli(['backup']);
  assert.equal(broken.code, 1);
  const copy = it.place('copy');
  await cp(phone.state, copy, { recursive: true, preserveTimestamps: true });
  await it.storage.start();
  await backup(phone);
  await rename(join(home, 'new 1'), join(home, 'renamed'));
  await backup(phone);
  await setBack(phone, copy);
  await backup(phone);
  await allComesBack(phone, home, new Map());
});

test('an older policy, too: what was decided since holds for the next run', async () => {
  const { phone, home } = await phoneWithHome('policy');
  await backup(phone);
  const copy = it.place('copy');
  await cp(phone.state, copy, { recursive: true, preserveTimestamps: true });
  const { seq } = JSON.parse((await phone.cli(['device', 'status', '--json'])).stdout).policy;
  await it.applyPolicies({
    name: 'everyone',
    scope: { global: true },
    databases: {
      '*': { backup: 'allow', encrypt: 'user', custody: 'company', into: 'allow' },
      Secrets: { backup: 'deny' },
    },
  });
  await phone.call('sourceAdd', { database: 'Secrets', kind: 'folder', path: home, label: 'secrets' });
  await phone.call('refresh', {});
  const sources = await readFile(join(phone.state, 'sources.json'));
  await setBack(phone, copy);
  await writeFile(join(phone.state, 'sources.json'), sources, { mode: 0o600 });
  const refused = await phone.cli(['backup', '--database', 'Secrets']);
  assert.equal(refused.code, 4, refused.stderr);
  const now = JSON.parse((await phone.cli(['device', 'status', '--json'])).stdout).policy;
  assert.ok(now.seq > seq);
  await backup(phone);
  await allComesBack(phone, home, new Map());
});
