/** What has changed between two sets, against trees that are compared by themselves. */
import assert from 'node:assert/strict';
import { chmod, mkdir, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { type Difference, type DiffRequest, diff } from '../../src/backup/index.ts';
import { fromUtf8 } from '../../src/lib/bytes.ts';
import { describeTree, makeTree } from './trees.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;

async function compare(device: TestDevice, request: DiffRequest = {}) {
  const engine = await device.engine();
  const found: Difference[] = [];
  try {
    const report = await diff(engine, request, (one) => void found.push(one));
    const names = (change: Difference['change']): string[] =>
      found.filter((one) => one.change === change).map((one) => fromUtf8(one.uid));
    return {
      report,
      found,
      added: names('added'),
      changed: names('changed'),
      deleted: names('deleted'),
    };
  } finally {
    await engine.destination.close();
  }
}

test('added, changed and deleted items with their sizes, in order; the newest set against the one before', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1', 'b/changed': 'before', 'b/gone': 'gone!', same: 's', 'mode only': 'm' });
  await symlink('a', join(from, 'link'));
  await device.backup(from);
  await writeFile(join(from, 'b/changed'), 'and after');
  await unlink(join(from, 'b/gone'));
  await writeFile(join(from, 'new'), 'new item');
  await chmod(join(from, 'mode only'), 0o700);
  await utimes(join(from, 'same'), 1_500_000_000, 1_500_000_000);
  await unlink(join(from, 'link'));
  await symlink('b', join(from, 'link'));
  const { set } = await device.backup(from);

  const { report, found, added, changed, deleted } = await compare(device);
  assert.deepEqual([added, deleted], [['new'], ['b/gone']]);
  // The times of `same` and of the directory are others, and nothing else of them.
  assert.deepEqual(changed, ['b/changed', 'link', 'mode only']);
  assert.equal(report.newer.set, set!.set);
  assert.deepEqual([report.older.counter, report.newer.counter], [1, 2]);
  assert.deepEqual(report.databases, [
    {
      database: 'Files',
      class: 'personal',
      ...{ added: 1, changed: 3, deleted: 1 },
      ...{ addedBytes: 8, changedBytes: 10, deletedBytes: 5 },
    },
  ]);
  const row = found.find((one) => fromUtf8(one.uid) === 'b/changed')!;
  assert.deepEqual([row.was, row.size, row.label, row.title], [6, 9, 'home', 'changed']);
  const reversed = await compare(device, { older: report.newer.set, newer: report.older.set });
  assert.deepEqual([reversed.added, reversed.deleted], [deleted, added]);
});

test('property: what is said is what is different, whatever the indexes are made of', async () => {
  const name = fc.stringMatching(/^[a-d]{1,2}$/);
  const path = fc.array(name, { minLength: 1, maxLength: 2 }).map((parts) => parts.join('/'));
  const content = fc.integer({ min: 0, max: 3 }).map((n) => 'x'.repeat(n));
  const tree = fc.dictionary(path, content, { maxKeys: 10 });
  const states = fc.array(fc.tuple(tree, fc.boolean()), { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(states, async (run) => {
      const device = await world.device(new TestUser());
      const from = await place();
      const sets: { set: string; files: Map<string, string> }[] = [];
      for (const [files, full] of run) {
        await rm(from, { recursive: true });
        await mkdir(from);
        await makeTree(from, files);
        const { set } = await device.backup(from, { full, allowEmpty: true });
        sets.push({ set: set!.set, files: await filesOf(from) });
      }
      for (const older of sets)
        for (const newer of sets) {
          const said = await compare(device, { older: older.set, newer: newer.set });
          const is = (names: readonly string[]) => names.filter((one) => !one.endsWith('/'));
          const [a, b] = [older.files, newer.files];
          assert.deepEqual(
            is(said.added),
            [...b.keys()].filter((key) => !a.has(key)),
          );
          assert.deepEqual(
            is(said.deleted),
            [...a.keys()].filter((key) => !b.has(key)),
          );
          assert.deepEqual(
            is(said.changed),
            [...b].filter(([key, text]) => a.has(key) && a.get(key) !== text).map(([key]) => key),
          );
        }
    }),
    { numRuns: 8 },
  );
});

/** Files by path, in byte order. */
async function filesOf(root: string): Promise<Map<string, string>> {
  const all = [...(await describeTree(root))].filter(([, is]) => is.startsWith('file'));
  return new Map(
    all.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, is]) => [key, is.split(' ').slice(3).join(' ')]),
  );
}

test('by time; of another device; databases that only one set has; what there is not', async () => {
  const user = new TestUser();
  const [one, two] = [await world.device(user), await world.device(user)];
  const [files, notes] = [await place(), await place()];
  await makeTree(files, { a: '1' });
  await makeTree(notes, { note: 'n' });
  let now = Date.now();
  one.now = () => now;
  const first = await one.backup(files);
  await assert.rejects(compare(one), { code: 'ERR_SET_UNKNOWN', kind: 'usage', message: /is the first/ });
  now += 60_000;
  await one.backup(notes, { database: 'Notes' });
  now += 60_000;
  await writeFile(join(files, 'a'), '22');
  await one.backup(files);

  const since = await compare(two, { at: first.set!.time });
  assert.deepEqual(
    since.report.databases.map(({ database, added, changed, deleted }) => [
      database,
      added,
      changed,
      deleted,
    ]),
    [
      ['Files', 0, 1, 0],
      ['Notes', 1, 0, 0],
    ],
  );
  const only = await compare(two, { older: first.set!.set, databases: ['Notes'] });
  assert.deepEqual(only.added, ['note']);
  assert.equal(only.report.newer.counter, 3);
  await assert.rejects(compare(two, { databases: ['Nothing'] }), { code: 'ERR_SET_UNKNOWN' });
  const same = await compare(two, { older: first.set!.set, newer: first.set!.set });
  assert.deepEqual(same.report.databases, []);

  // The same files on another device: what is compared are items, not chains.
  const second = await two.backup(files);
  const other = await compare(two, { older: first.set!.set, newer: second.set!.set });
  assert.deepEqual([other.added, other.changed, other.deleted], [[], ['a'], []]);
  await assert.rejects(compare(await world.device(new TestUser())), { code: 'ERR_NO_SETS' });
});
