/** A full disk under a storage area, and under a backup file that grows (U2, U3, B11). */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seeded } from '../world/data.ts';
import { assertSameTree, describeTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';
import { noSmallDisk, SmallDisk } from './small-disk.ts';

const MiB = 1 << 20;
const skip = noSmallDisk ?? false;
const random = seeded(77);
let it: World;
let phone: WorldDevice;
let reader: WorldDevice;
let home: string;

before(async () => {
  it = await world({ users: { alice: { devices: ['phone', 'reader'] } } });
  phone = it.device('alice', 'phone');
  reader = it.device('alice', 'reader');
  home = it.place('home');
  await mkdir(home);
  for (let i = 0; i < 60; i++) await writeFile(join(home, `${i}`), random(100_000));
  await phone.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
});
after(() => it?.[Symbol.asyncDispose]());

async function comesBack(expected: ReadonlyMap<string, string>): Promise<void> {
  const into = it.place('into');
  await reader.call('restore', { device: phone.id, into });
  assert.deepEqual(describeTree(join(into, 'Files')), expected);
  assert.deepEqual((await reader.call('verify', { device: phone.id })).damaged, []);
}

test('a storage that is full, at any point: 1, the area stays readable; with room the next run completes', {
  skip,
}, async () => {
  await it.storage.stop();
  using disk = new SmallDisk(it.storage.state, 64 * MiB);
  await it.storage.start();
  const incoming = join(it.storage.state, 'incoming');
  try {
    // Full from the first object on, and in the middle of a segment.
    for (const left of [0, 0.1, 3]) {
      disk.fill(left * MiB);
      const { code, stderr } = await phone.cli(['backup']);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^holdfast: .*the area has no room for this object \(ERR_STORAGE_FULL/m);
      assert.deepEqual(await readdir(incoming), [], 'a piece of an object was left');
      assert.deepEqual((await reader.call('sets', {})).sets, []);
    }
    disk.makeRoom();
    const first = await phone.cli(['backup']);
    assert.equal(first.code, 0, first.stderr);
    const was = describeTree(home);
    await comesBack(was);

    // An area with backups in it: the last one stays the last one, until there is room for the next.
    for (let i = 0; i < 60; i += 3) await writeFile(join(home, `${i}`), random(100_000));
    await writeFile(join(home, 'new'), random(50_000));
    for (const left of [0, 0.02, 1, 1.965]) {
      disk.fill(left * MiB);
      const failed = await phone.call('backup', {}).then(
        () => assert.fail(`${left} MiB was enough`),
        (error) => error,
      );
      assert.deepEqual([failed.kind, failed.code], ['failed', 'ERR_DESTINATION_FULL'], failed.message);
      await comesBack(was);
    }
    disk.makeRoom();
    await phone.call('backup', {});
    await comesBack(describeTree(home));
    const { sets } = await reader.call('sets', {});
    assert.deepEqual(sets.map(({ counter }) => counter).sort(), [1, 2]);
  } finally {
    await it.storage.stop();
    disk.makeRoom();
  }
});

test('a disk that a backup file fills: 1, the file before stays, nothing else does; with room it is replaced', {
  skip,
}, async () => {
  using disk = new SmallDisk(it.place('stick'), 24 * MiB);
  const file = join(disk.path, 'phone.ipd');
  const old = it.place('old');
  await mkdir(old);
  await writeFile(join(old, 'a'), random(40_000));
  const keeper = await it.enrol('alice', 'keeper');
  await keeper.call('sourceAdd', { database: 'Files', kind: 'folder', path: old });
  const made = await keeper.cli(['backup', '--to', file]);
  assert.equal(made.code, 0, made.stderr);
  const bytes = await readFile(file);
  for (let i = 0; i < 60; i++) await writeFile(join(old, `${i}`), random(100_000));

  for (const left of [0, 0.01, 0.5, 3]) {
    disk.fill(left * MiB);
    const { code, stderr } = await keeper.cli(['backup', '--to', file, '--replace']);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^holdfast: .*(no space|no room|full)/m);
    assert.deepEqual(await readFile(file), bytes, 'the file before was touched');
    const others = (await readdir(disk.path)).filter((name) => !/^(\.ballast|phone\.ipd)$/.test(name));
    assert.deepEqual(others, [], 'something is left beside it');
  }
  disk.makeRoom();
  const replaced = await keeper.cli(['backup', '--to', file, '--replace']);
  assert.equal(replaced.code, 0, replaced.stderr);
  const into = it.place('into');
  const restored = await reader.cli(['restore', '--from', file, '--into', into]);
  assert.equal(restored.code, 0, restored.stderr);
  await assertSameTree(old, join(into, 'Files'));
});
