/** What was backed up is what is restored; a run touches only what changed (U3, U6). */
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { restore } from '../../src/backup/index.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, RULE, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;

test('a tree comes back byte for byte on another device of the user', async () => {
  const user = new TestUser();
  const [one, two] = [await world.device(user), await world.device(user)];
  const from = await place();
  await makeTree(from, {
    'a.txt': 'hello',
    empty: '',
    'deep/er/file.bin': Buffer.alloc(3_000_000, 7),
    'deep/two frames': Buffer.from(Array.from({ length: 150_000 }, (_, i) => (i * 7919) % 251)),
    'naïve – ünïcode/✓': 'x',
    'a/b': 'below a',
    'a.b': 'beside a',
    ' leading and trailing ': 'blank',
    'new\nline': 'n',
  });
  await chmod(join(from, 'a.txt'), 0o640);
  await symlink('../a.txt', join(from, 'deep/link'));
  await symlink('/does/not/exist', join(from, 'broken'));
  await mkdir(join(from, 'nothing in it'));
  await utimes(join(from, 'a.txt'), 1_600_000_000, 1_600_000_000);

  const report = await one.backup(from);
  assert.equal(report.leftOut.length, 0);
  const into = await place();
  const restored = await two.restore(into);
  assert.deepEqual(restored.freshness.kind, 'known');
  await assertSameTree(from, join(into, 'Files'));
});

test('property: any tree comes back, also after changes', async () => {
  const name = fc.stringMatching(/^[a-c]{1,3}$/);
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const content = fc.oneof(
    fc.string().map((s) => Buffer.from(s)),
    fc.integer({ min: 0, max: 200_000 }).map((n) => Buffer.alloc(n, n % 256)),
  );
  const tree = fc.dictionary(path, content, { maxKeys: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(tree, { minLength: 1, maxLength: 3 }), fc.boolean(), async (states, item) => {
      const user = new TestUser();
      const device = await world.device(user);
      device.rule = { ...RULE, granularity: item ? 'item' : 'batch' };
      const from = await place();
      for (const state of states) {
        await rm(from, { recursive: true });
        await mkdir(from);
        await makeTree(from, state);
        await device.backup(from, { allowEmpty: true });
        const into = await place();
        await device.restore(into);
        await mkdir(join(into, 'Files'), { recursive: true });
        await assertSameTree(from, join(into, 'Files'));
      }
    }),
    { numRuns: 12 },
  );
});

test('an unchanged run stores a manifest and nothing else; a touched file is read but not sent', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: 'one', b: 'two', large: Buffer.alloc(2_500_000, 3) });
  await device.backup(from);
  const second = await device.backup(from);
  assert.equal(second.stored, 0);
  assert.deepEqual(second.databases[0]?.unchanged, 3);
  await utimes(join(from, 'large'), 1_700_000_000, 1_700_000_000);
  const third = await device.backup(from);
  assert.ok(third.stored > 0 && third.stored < 3000, `only an index: ${third.stored}`);
  assert.equal(third.databases[0]?.changed, 1);
  const into = await place();
  await device.restore(into);
  await assertSameTree(from, join(into, 'Files'));
});

test('changed, added and deleted items: a delta; deletion only after a complete listing', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1', b: '2', c: '3' });
  await device.backup(from);
  await writeFile(join(from, 'a'), 'changed');
  await unlink(join(from, 'b'));
  await writeFile(join(from, 'd'), 'new');
  const report = await device.backup(from);
  const { added, changed, deleted, unchanged, items } = report.databases[0]!;
  assert.deepEqual(
    { added, changed, deleted, unchanged, items },
    { added: 1, changed: 1, deleted: 1, unchanged: 1, items: 3 },
  );
  const into = await place();
  await device.restore(into);
  await assertSameTree(from, join(into, 'Files'));

  await rename(from, `${from}-unmounted`);
  await assert.rejects(device.backup(from), { code: 'ERR_NOTHING_DONE' });
  const still = await place();
  await device.restore(still);
  await assertSameTree(`${from}-unmounted`, join(still, 'Files'));
});

test('one item of many: only it is backed up, only it is restored', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1', b: '2', c: '3' });
  await device.backup(from);
  await makeTree(from, { a: 'x', b: 'y' });
  await unlink(join(from, 'c'));
  const report = await device.backup(from, { items: [utf8('b')] });
  assert.deepEqual(report.databases[0]?.deleted, 0);
  const into = await place();
  const restored = await device.restore(into, { items: [utf8('b')] });
  assert.equal(restored.databases[0]?.added, 1);
  assert.equal(await readFile(join(into, 'Files/b'), 'utf8'), 'y');
  const all = await place();
  await device.restore(all);
  assert.equal(await readFile(join(all, 'Files/a'), 'utf8'), '1');
  assert.equal(await readFile(join(all, 'Files/c'), 'utf8'), '3');
  await assert.rejects(device.restore(await place(), { items: [utf8('zz')] }), { code: 'ERR_SET_UNKNOWN' });
  await assert.rejects(device.restore(await place(), { databases: ['Nope'] }), { code: 'ERR_SET_UNKNOWN' });
});

test('an older set by its id', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: 'first' });
  const first = await device.backup(from);
  await makeTree(from, { a: 'second' });
  await device.backup(from);
  const into = await place();
  await device.restore(into, { set: first.set!.set });
  assert.equal(await readFile(join(into, 'Files/a'), 'utf8'), 'first');
});

test('lost state is rebuilt from the area: nothing is uploaded again', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1', deep: Buffer.alloc(400_000, 5) });
  await device.backup(from);
  await makeTree(from, { b: '2' });
  await device.backup(from);
  device.state = `${device.state}-lost`;
  device.keyrings.clear();
  await makeTree(from, { c: '3' });
  const report = await device.backup(from);
  assert.ok(report.stored < 3000, `${report.stored}`);
  assert.equal(report.databases[0]?.added, 1);
  assert.equal(report.set?.counter, 3);
  const into = await place();
  await device.restore(into);
  await assertSameTree(from, join(into, 'Files'));
});

test('more sets than share a keyring, with full indexes in between', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  for (let i = 0; i < 40; i++) {
    await makeTree(from, { [`file-${i}`]: `content ${i}`, changing: `${i}` });
    await device.backup(from);
  }
  const into = await place();
  await device.restore(into);
  await assertSameTree(from, join(into, 'Files'));
});

test('items move between classes, and a class that is denied carries over', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { 'Work/plan': 'w', 'Home/song': 'h' });
  await device.backup(from);
  const moved = await device.backup(from, {
    classify: (path) => (path.startsWith('Work') ? 'enterprise' : 'personal'),
  });
  const [enterprise, personal] = moved.databases;
  assert.ok(enterprise!.added >= 1 && personal!.deleted >= 1);
  const into = await place();
  await device.restore(into);
  await assertSameTree(from, join(into, 'Files'));
});

test('a change of whose key it is seals everything anew', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1', b: Buffer.alloc(100_000, 1) });
  const first = await device.backup(from);
  device.rule = { ...RULE, encrypt: 'database', compress: 'off' };
  const second = await device.backup(from);
  assert.ok(second.stored > first.stored);
  const into = await place();
  await device.restore(into);
  await assertSameTree(from, join(into, 'Files'));
});

test('a dry run stores nothing', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1' });
  const report = await device.backup(from, { dryRun: true });
  assert.equal(report.set, undefined);
  assert.equal(report.databases[0]?.added, 1);
  await assert.rejects(device.restore(await place()), { code: 'ERR_NO_SETS' });
});

test('another user has no key, even with the manifests and a grant', async () => {
  const [alice, bob] = [new TestUser(), new TestUser()];
  const device = await world.device(alice);
  const from = await place();
  await makeTree(from, { a: '1' });
  await device.backup(from);
  // Alice's grants and trust, but bob's keys: the encryption refuses, not only the area.
  const stranger = await world.device(bob);
  const engine = await device.engine();
  const keyless = { ...engine, keys: (await stranger.engine()).keys };
  const writerFor = () => assert.fail('no writer is opened');
  await assert.rejects(restore(keyless, { writerFor }), { code: 'ERR_NO_KEY', kind: 'no-key' });
  const distrusting = { ...keyless, trust: (await stranger.engine()).trust };
  await assert.rejects(restore(distrusting, { writerFor }), { code: 'ERR_NOT_YOURS', kind: 'no-key' });
});

test('a large file that changed a little is uploaded a little, also after the state was lost', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  const content = Buffer.from(nodePlatform.random(24 * 1024 * 1024));
  await makeTree(from, { 'chat.db': content });
  const first = await device.backup(from);
  assert.ok(first.stored > content.length);

  const change = async (alter: () => Buffer): Promise<number> => {
    await makeTree(from, { 'chat.db': alter() });
    const { stored } = await device.backup(from);
    const into = await place();
    await device.restore(into);
    await assertSameTree(from, join(into, 'Files'));
    return stored;
  };
  const page = nodePlatform.random(4096);
  assert.ok(
    (await change(() => Buffer.concat([content.subarray(0, 9_000_000), page, content.subarray(9_004_096)]))) <
      1_500_000,
  );
  const longer = Buffer.concat([content.subarray(0, 5_000_000), page, content.subarray(5_000_000)]);
  assert.ok((await change(() => longer)) < 2_500_000);
  assert.ok((await change(() => Buffer.concat([longer, page]))) < 1_500_000);

  device.state = `${device.state}-lost`;
  device.keyrings.clear();
  assert.ok(
    (await device.backup(from)).stored < 10_000,
    'rebuilt: the same bytes are known by their fingerprint',
  );
});
