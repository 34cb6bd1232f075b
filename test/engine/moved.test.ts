/** A file that is called otherwise, lies elsewhere or is there twice costs an index entry and no upload. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFile, cp, mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { prune } from '../../src/backup/index.ts';
import { openState } from '../../src/state/index.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, RULE, type TestDevice, TestUser, testWay } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
let count = 0;
const place = (): string => join(world.directory, `place-${count++}`);

async function pruneTo(device: TestDevice, newest: number) {
  const engine = await device.engine();
  const state = openState(device.state);
  try {
    return await prune(engine, {
      catalogue: state.catalogue(engine.destination.label),
      keep: { last: newest },
    });
  } finally {
    state.close();
    await engine.destination.close();
  }
}

/** 200 small files and a large one, all of bytes that compress to nothing less. */
async function photos(root: string): Promise<void> {
  const small = Array.from({ length: 200 }, (_, n) => [`photos/${n % 7}/${n}.jpg`, randomBytes(2000 + n)]);
  await makeTree(root, Object.fromEntries([...small, ['photos/film.bin', randomBytes(5_000_000)]]));
}

test('a folder that got another name uploads nothing of what is in it', async () => {
  const device = await world.device(new TestUser());
  const [tree, old, now, before] = [place(), place(), place(), place()];
  await photos(tree);
  await makeTree(tree, { 'notes.txt': 'stays' });
  const first = await device.backup(tree);
  await cp(tree, before, { recursive: true, preserveTimestamps: true });

  await rename(join(tree, 'photos'), join(tree, 'pictures of 2026'));
  const second = await device.backup(tree);
  assert.equal(second.databases[0]!.added, 209);
  assert.equal(second.databases[0]!.deleted, 209);
  assert.equal(second.databases[0]!.bytes, 0);
  assert.deepEqual(second.massChanges, [], 'nothing is lost');
  // An index of 418 entries, and nothing of 5.4 MB.
  assert.ok(second.stored < 60_000, `${second.stored} bytes`);

  await device.restore(now);
  await assertSameTree(tree, join(now, 'Files'));
  await device.restore(old, { set: first.set!.set });
  await assertSameTree(before, join(old, 'Files'));
  assert.equal((await device.backup(tree)).databases[0]!.unchanged, 210);
});

test('copies, files that changed places and a film that was renamed before it was edited cost no upload', async () => {
  const device = await world.device(new TestUser());
  const [tree, into] = [place(), place()];
  const film = randomBytes(3_000_000);
  await makeTree(tree, {
    'a.log': randomBytes(50_000),
    'b.log': randomBytes(50_000),
    'film.bin': film,
  });
  await device.backup(tree);

  await copyFile(join(tree, 'film.bin'), join(tree, 'copy of film.bin'));
  await rename(join(tree, 'a.log'), join(tree, 'c.log'));
  await rename(join(tree, 'b.log'), join(tree, 'a.log'));
  await rename(join(tree, 'c.log'), join(tree, 'b.log'));
  await makeTree(tree, { 'empty 1': '', 'empty 2': '' });
  const second = await device.backup(tree);
  assert.deepEqual([second.databases[0]!.added, second.databases[0]!.changed], [3, 2]);
  assert.ok(second.stored < 10_000, `${second.stored} bytes`);

  // The copy also took over how the film was cut: only the chunk that changes is sealed.
  film.fill('x', 1_000_000, 1_000_100);
  await writeFile(join(tree, 'copy of film.bin'), film);
  const third = await device.backup(tree);
  assert.equal(third.databases[0]!.changed, 1);
  assert.ok(third.stored < 1_500_000, `${third.stored} bytes`);
  await device.restore(into);
  await assertSameTree(tree, join(into, 'Files'));
});

test('what lies under another custody, in another class or chain is sealed anew', async () => {
  const device = await world.device(new TestUser());
  const [tree, into] = [place(), place()];
  await makeTree(tree, { 'work/report.bin': randomBytes(300_000), 'home/notes': 'stays' });
  const classify = (path: string) => (path.startsWith('work/') ? 'enterprise' : 'personal');
  await device.backup(tree, { classify });

  await rename(join(tree, 'work/report.bin'), join(tree, 'home/report.bin'));
  const moved = await device.backup(tree, { classify });
  assert.ok(moved.stored > 300_000, `${moved.stored} bytes`);

  device.user.ways.push(await testWay());
  device.rule = { ...RULE, custody: 'any' };
  await rename(join(tree, 'home/report.bin'), join(tree, 'home/other.bin'));
  const resealed = await device.backup(tree, { classify });
  assert.ok(resealed.stored > 300_000, `${resealed.stored} bytes`);

  await device.use(await world.addArea('other'));
  await rename(join(tree, 'home/other.bin'), join(tree, 'home/third.bin'));
  const elsewhere = await device.backup(tree, { classify });
  assert.ok(elsewhere.stored > 300_000, `${elsewhere.stored} bytes`);
  await device.restore(into);
  await assertSameTree(tree, join(into, 'Files'));
});

test('a renamed file keeps the set alive that it was sealed in', async () => {
  const device = await world.device(new TestUser());
  const [tree, into] = [place(), place()];
  await photos(tree);
  await makeTree(tree, { gone: randomBytes(400_000) });
  await device.backup(tree);
  await rename(join(tree, 'photos'), join(tree, 'pictures'));
  await rm(join(tree, 'gone'));
  await device.backup(tree, { full: true });
  const report = await pruneTo(device, 1);
  assert.equal(report.removed.length, 1);
  await device.restore(into);
  await assertSameTree(tree, join(into, 'Files'));

  // Nothing points to it any more.
  device.rule = { ...RULE, 'guard.removed': 100 };
  await rm(join(tree, 'pictures'), { recursive: true });
  await makeTree(tree, { last: 'one' });
  await device.backup(tree, { full: true });
  assert.ok((await pruneTo(device, 1)).bytes > 5_000_000);
});

test('a device that lost its state finds renamed files in what it read back', async () => {
  const device = await world.device(new TestUser());
  const [tree, into] = [place(), place()];
  await photos(tree);
  await device.backup(tree);
  device.state = join(world.directory, 'state-lost.db');
  await rename(join(tree, 'photos'), join(tree, 'pictures'));
  const second = await device.backup(tree);
  assert.equal(second.databases[0]!.bytes, 0);
  await device.restore(into);
  await assertSameTree(tree, join(into, 'Files'));
});

const NAMES = ['a', 'b', 'c/d', 'c/e', 'f/g/h', 'f/i'];
type Step =
  | { readonly kind: 'write'; readonly to: string; readonly size: number }
  | { readonly kind: 'rename' | 'copy'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly from: string };

const name = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    to: name,
    size: fc.constantFrom(1, 900, 70_000, 1_200_000),
  }),
  fc.record({ kind: fc.constantFrom('rename' as const, 'copy' as const), from: name, to: name }),
  fc.record({ kind: fc.constant('remove' as const), from: name }),
);

async function take(tree: string, one: Step): Promise<void> {
  try {
    if (one.kind === 'remove') return await rm(join(tree, one.from));
    const to = join(tree, one.to);
    await mkdir(dirname(to), { recursive: true });
    if (one.kind === 'write') await writeFile(to, randomBytes(one.size));
    else if (one.kind === 'copy') await copyFile(join(tree, one.from), to);
    else await rename(join(tree, one.from), to);
    // Two changes within a tick of the clock are told apart by reading, which is not what this is about.
    await utimes(to, new Date(), new Date(1_700_000_000_000 + Math.floor(Math.random() * 1e9)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

test('whatever is renamed, copied, edited and removed, each set restores what there was, also after pruning', async () => {
  const runs = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({ min: 1, max: 3 }), async (history, keep) => {
      const device = await world.device(new TestUser());
      const tree = place();
      await makeTree(tree, { a: randomBytes(70_000), 'c/d': randomBytes(1_200_000), stays: 'here' });
      const sets: { readonly set: string; readonly tree: string }[] = [];
      for (const steps of [[], ...history]) {
        for (const one of steps) await take(tree, one);
        const { set } = await device.backup(tree);
        const copy = place();
        await cp(tree, copy, { recursive: true, preserveTimestamps: true });
        sets.push({ set: set!.set, tree: copy });
      }
      await pruneTo(device, keep);
      for (const { set, tree: then } of sets.slice(-keep)) {
        const into = place();
        await device.restore(into, { set });
        await assertSameTree(then, join(into, 'Files'));
      }
    }),
    { numRuns: 12 },
  );
});
