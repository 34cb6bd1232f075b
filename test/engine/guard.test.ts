/** A mass change is backed up, marked, and remembered until it is confirmed (U6). */
import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { confirmSet, listSets } from '../../src/backup/index.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { openState } from '../../src/state/index.ts';
import { makeTree } from './trees.ts';
import { engineWorld, RULE, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
let count = 0;

const many = (text: string, items = 60): Record<string, string> =>
  Object.fromEntries(Array.from({ length: items }, (_, i) => [`file-${i}`, `${text} ${i}`]));

async function begin(items = 60): Promise<{ device: TestDevice; from: string }> {
  const from = join(world.directory, `guarded-${count++}`);
  await mkdir(from);
  await makeTree(from, many('first', items));
  const device = await world.device(new TestUser());
  await device.backup(from);
  return { device, from };
}

async function alerts(device: TestDevice): Promise<boolean[]> {
  const engine = await device.engine();
  const sets = await listSets(engine, {});
  await engine.destination.close();
  return sets.map((set) => set.alert === true);
}

test('most items changed at once, or many gone: the set is made and marked', async () => {
  const changed = await begin();
  await makeTree(changed.from, many('encrypted'));
  const report = await changed.device.backup(changed.from);
  assert.equal(report.set?.alert, true);
  assert.equal(report.massChanges[0]?.changed, 60);
  assert.ok(changed.device.events.some((event) => event.kind === 'notice' && event.code === 'MASS_CHANGE'));

  const gone = await begin();
  for (let i = 0; i < 30; i++) await rm(join(gone.from, `file-${i}`));
  assert.equal((await gone.device.backup(gone.from)).massChanges[0]?.deleted, 30);
  assert.deepEqual(await alerts(gone.device), [false, true]);
});

test('ordinary changes are not marked, nor a small database, nor what policy does', async () => {
  const { device, from } = await begin();
  for (let i = 0; i < 15; i++) await rm(join(from, `file-${i}`));
  await makeTree(from, { 'file-20': 'x', 'file-21': 'y' });
  assert.deepEqual((await device.backup(from)).massChanges, []);
  assert.deepEqual((await device.backup(from, { classify: () => 'enterprise' })).massChanges, []);
  device.rule = { ...RULE, encrypt: 'device' };
  assert.deepEqual((await device.backup(from, { classify: () => 'enterprise' })).massChanges, []);

  const small = await begin(5);
  await makeTree(small.from, many('all of it', 5));
  assert.deepEqual((await small.device.backup(small.from)).massChanges, []);
});

test('what is much, the rule says: of each threshold by itself', async () => {
  const lose = async (items: number, guard: object) => {
    const { device, from } = await begin(40);
    device.rule = { ...RULE, ...guard };
    for (let i = 0; i < items; i++) await rm(join(from, `file-${i}`));
    return (await device.backup(from)).massChanges.length;
  };
  assert.equal(await lose(24, {}), 0, 'fewer than 25');
  assert.equal(await lose(25, {}), 1);
  assert.equal(await lose(25, { 'guard.atLeast': 26 }), 0);
  assert.equal(await lose(25, { 'guard.removed': 63 }), 0, '62.5 % are not more than 63 %');
  assert.equal(await lose(25, { 'guard.removed': 62 }), 1);
  assert.equal(await lose(40, { 'guard.removed': 100, 'guard.atLeast': 0 }), 0, 'never');
  assert.equal(await lose(1, { 'guard.removed': 2, 'guard.atLeast': 1 }), 1);

  const { device, from } = await begin(40);
  device.rule = { ...RULE, 'guard.changed': 20 };
  await makeTree(from, Object.fromEntries(Object.entries(many('other', 25)).slice(0, 25)));
  assert.equal((await device.backup(from)).massChanges[0]?.changed, 25);
});

test('a mark is remembered, also by a rebuilt state, until it is confirmed', async () => {
  const { device, from } = await begin();
  await makeTree(from, many('encrypted'));
  const marked = (await device.backup(from)).set!.set;
  device.state = `${device.state}-lost`;
  device.keyrings.clear();
  await device.backup(from);
  const state = openState(device.state);
  const catalogue = state.catalogue(world.areaUri);
  assert.deepEqual(catalogue.chain()?.alerts, [marked]);
  assert.throws(() => confirmSet(catalogue, device.id), { code: 'ERR_SET_UNKNOWN', kind: 'usage' });
  confirmSet(catalogue, marked);
  assert.deepEqual(catalogue.chain()?.alerts, []);
  state.close();
});

test('a source that suddenly has nothing loses nothing, unless that is said to be meant', async () => {
  const { device, from } = await begin();
  for (const name of Object.keys(many(''))) await rm(join(from, name));
  const report = await device.backup(from);
  assert.equal(report.databases[0]?.deleted, 0);
  assert.deepEqual(
    report.leftOut.map(({ code }) => code),
    ['ERR_SOURCE_EMPTIED'],
  );
  assert.equal((await device.backup(from, { allowEmpty: true })).databases[0]?.deleted, 60);
});

test('an item that no source has is asked for in vain; one that is gone may be asked for', async () => {
  const { device, from } = await begin();
  const backup = (...items: string[]) => device.backup(from, { items: items.map(utf8) });
  await assert.rejects(backup('nothing'), { code: 'ERR_ITEM_UNKNOWN', kind: 'usage' });
  assert.deepEqual(
    (await backup('file-1', 'nothing')).leftOut.map(({ item, code }) => [item, code]),
    [['nothing', 'ERR_ITEM_UNKNOWN']],
  );
  await rm(join(from, 'file-2'));
  assert.equal((await backup('file-2')).databases[0]?.deleted, 1);
});
