/** Real programs, real command line: a tree of everything odd and a file of 300 MB goes there and back. */
import assert from 'node:assert/strict';
import { readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { showBytes } from '../../src/lib/bytes.ts';
import { resultOf } from '../world/device.ts';
import { makeOddTree, ODD_NAMES } from '../world/odd-tree.ts';
import { assertSameTree, describeTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';

const LARGE = 300_000_000;

let it: World;
let phone: WorldDevice;
let tablet: WorldDevice;
let home: string;
let notes: string;

before(async () => {
  it = await world({ kind: 'processes', users: { alice: { devices: ['phone', 'tablet'] } } });
  [phone, tablet] = [it.device('alice', 'phone'), it.device('alice', 'tablet')];
  [home, notes] = [it.place('home'), it.place('notes')];
  makeOddTree(home, LARGE);
  makeOddTree(notes, 1000);
});
after(() => it?.[Symbol.asyncDispose]());

async function ok(device: WorldDevice, ...args: string[]) {
  const ended = await device.cli(args);
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stderr}`);
  return ended;
}

type Command = 'backup' | 'restore' | 'sets' | 'ls' | 'verify';
const json = async <N extends Command>(device: WorldDevice, command: N, ...args: string[]) =>
  resultOf(command, await ok(device, command, ...args, '--json'));

test('backed up and restored on another device, everything is the same', async () => {
  await ok(phone, 'source', 'add', 'Files', 'folder', home, '--as', 'home');
  await ok(phone, 'source', 'add', 'Notes', 'folder', notes);
  const done = await json(phone, 'backup');
  assert.deepEqual([done.complete, done.leftOut], [true, []]);
  assert.ok(done.stored > LARGE && done.stored < LARGE * 1.02, `${done.stored}`);

  const into = it.place('into');
  const restored = await json(tablet, 'restore', '--into', into);
  assert.equal(restored.complete, true);
  assert.deepEqual(
    [restored.freshness.kind, restored.freshness.kind === 'known' && restored.freshness.counter],
    ['known', 1],
  );
  await assertSameTree(home, join(into, 'Files'));
  await assertSameTree(notes, join(into, 'Notes'));
  // Once more: all of it is there.
  const [files] = (await json(tablet, 'restore', '--into', into)).databases;
  assert.deepEqual([files?.added, files?.replaced, files?.kept], [0, 0, describeTree(home).size]);
  await rm(into, { recursive: true });
});

test('nothing has changed: nothing is stored but that nothing has changed', async () => {
  const again = await json(phone, 'backup');
  assert.deepEqual([again.stored, again.set?.counter], [0, 2]);
});

test('what has changed: only that is stored', async () => {
  await writeFile(join(home, 'one byte'), 'changed');
  await unlink(join(home, 'no bytes'));
  await writeFile(join(home, 'small/new'), 'new');
  const { databases, stored } = await json(phone, 'backup');
  const { added, changed, deleted } = databases.find((row) => row.database === 'Files')!;
  // The two directories have other times now.
  assert.deepEqual([added, deleted], [1, 1]);
  assert.ok(changed >= 1 && changed <= 3, `${changed}`);
  assert.ok(stored < 200_000, `${stored}`);
});

test('one database, one item, an item of odd name', async () => {
  const into = it.place('into');
  const one = await json(tablet, 'restore', '--into', into, '--database', 'Notes');
  assert.deepEqual(
    one.databases.map((row) => row.database),
    ['Notes'],
  );
  await assertSameTree(notes, join(into, 'Notes'));
  assert.equal(await stat(join(into, 'Files')).catch(() => undefined), undefined);

  const { stdout } = await ok(tablet, 'ls', '--database', 'Files', '--json');
  const entries = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const uids = entries.filter(({ kind }) => kind === 'entry').map(({ uid }) => uid);
  const wanted = ODD_NAMES.map((name) => `names/${showBytes(name)}`);
  for (const uid of wanted) assert.ok(uids.includes(uid), uid);
  const [first, ...others] = wanted.map((uid) => `--item=${uid}`);
  for (const items of [[first!], others]) {
    const some = it.place('some');
    const { databases } = await json(tablet, 'restore', '--into', some, '--database', 'Files', ...items);
    assert.equal(databases[0]?.added, items.length);
    assert.equal(describeTree(join(some, 'Files/names')).size, items.length);
    const original = describeTree(join(home, 'names'));
    for (const [name, is] of describeTree(join(some, 'Files/names')))
      assert.equal(is, original.get(name), name);
  }
  const none = await tablet.cli(['restore', '--into', it.place('none'), '--item', 'there is none']);
  assert.equal(none.code, 2, none.stderr);
  assert.match(none.stderr, /there is none/);
});

test('an older set is what it was', async () => {
  const { sets } = await json(tablet, 'sets');
  assert.deepEqual(
    sets.map(({ counter, own, device }) => [counter, own, device]),
    [1, 2, 3].map((counter) => [counter, false, phone.id]),
  );
  const into = it.place('into');
  await ok(
    tablet,
    'restore',
    '--into',
    into,
    '--set',
    sets[0]!.set,
    '--item',
    'one byte',
    '--item',
    'no bytes',
    '--database',
    'Files',
  );
  assert.equal(await readFile(join(into, 'Files/one byte'), 'utf8'), '\0');
  assert.equal(await readFile(join(into, 'Files/no bytes'), 'utf8'), '');
});

test('a dry run says what would be done, and does nothing', async () => {
  const into = it.place('into');
  const dry = await json(tablet, 'restore', '--into', into, '--dry-run', '--database', 'Notes');
  assert.deepEqual([dry.dryRun, dry.databases[0]?.added], [true, describeTree(notes).size]);
  assert.equal(await stat(into).catch(() => undefined), undefined);
  await writeFile(join(notes, 'dry'), 'x');
  const { set, databases } = await json(phone, 'backup', '--dry-run', '--database', 'Notes');
  assert.deepEqual([set, databases[0]?.added], [undefined, 1]);
  assert.equal((await json(tablet, 'sets')).sets.length, 3);
});

test('verify opens everything', async () => {
  const { items, damaged, bytes } = await json(tablet, 'verify');
  assert.deepEqual(damaged, []);
  // `dry` is not in the set yet.
  assert.equal(items, describeTree(home).size + describeTree(notes).size - 1);
  assert.ok(bytes > LARGE);
  assert.equal((await json(tablet, 'verify', '--structure')).items, 0);
});

test('a device that lost its catalogue goes on without uploading again', async () => {
  for (const file of ['catalogue.db', 'catalogue.db-wal', 'catalogue.db-shm'])
    await rm(join(phone.state, file), { force: true });
  const { stored, set, databases } = await json(phone, 'backup');
  assert.equal(set?.counter, 4);
  assert.ok(stored < 200_000, `${stored}`);
  const [files, other] = databases;
  assert.deepEqual([files?.added, files?.deleted, other?.added], [0, 0, 1]);
  const into = it.place('into');
  await ok(tablet, 'restore', '--into', into, '--database', 'Notes');
  await assertSameTree(notes, join(into, 'Notes'));
});
