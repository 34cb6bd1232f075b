/** Who can open (U1): the company, the user's own key, either, or only both together, in one engine. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listSets, verify } from '../../src/backup/index.ts';
import type { Custody } from '../../src/policy/rules/index.ts';
import { type EngineWorld, engineWorld, RULE, type TestDevice, TestUser, testWay } from './world.ts';

let world: EngineWorld;
before(async () => {
  world = await engineWorld();
});
after(() => world?.[Symbol.asyncDispose]());

let places = 0;
async function tree(): Promise<string> {
  const path = join(world.directory, `tree-${places++}`);
  await mkdir(path);
  for (let i = 0; i < 20; i++) await writeFile(join(path, `file-${i}`), `content ${i}`);
  return path;
}

async function person(custody: Custody): Promise<TestDevice> {
  const user = new TestUser();
  user.ways.push(await testWay(), await testWay());
  const device = await world.device(user);
  device.rule = { ...RULE, custody };
  return device;
}

async function opens(device: TestDevice, company: boolean, ways: readonly number[]): Promise<boolean> {
  device.hands = { company, ways: ways.map((n) => device.user.ways[n]!) };
  const into = join(world.directory, `out-${places++}`);
  try {
    const { leftOut, databases } = await device.restore(into);
    assert.deepEqual([leftOut, databases[0]?.added], [[], 20]);
    assert.equal(await readFile(join(into, 'Files', 'file-7'), 'utf8'), 'content 7');
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'ERR_NO_KEY');
    return false;
  }
}

const expected: Record<Custody, readonly [nobody: boolean, company: boolean, user: boolean, both: boolean]> =
  {
    company: [false, true, false, true],
    user: [false, false, true, true],
    any: [false, true, true, true],
    all: [false, false, false, true],
  };

for (const [custody, [nobody, company, user, both]] of Object.entries(expected))
  test(`custody ${custody}: who opens`, async () => {
    const device = await person(custody as Custody);
    await device.backup(await tree());
    assert.equal(await opens(device, false, []), nobody, 'nobody');
    assert.equal(await opens(device, true, []), company, 'the company');
    for (const way of [0, 1]) assert.equal(await opens(device, false, [way]), user, `way in ${way}`);
    assert.equal(await opens(device, true, [1]), both, 'both');
  });

test('no key is needed to back up, to list sets and to check their structure', async () => {
  const device = await person('user');
  device.hands = { company: false, ways: [] };
  const path = await tree();
  await device.backup(path);
  await writeFile(join(path, 'file-7'), 'content 7 now');
  const { set } = await device.backup(path);
  assert.equal(set?.counter, 2);
  const engine = await device.engine();
  assert.equal((await listSets(engine, {})).length, 2);
  assert.deepEqual((await verify(engine, { structureOnly: true })).damage, []);
  await engine.destination.close();
});

test('a restore from 100 sets asks a token once for each envelope: four times at most', async () => {
  const device = await person('any');
  const path = await tree();
  const each = Number(process.env.HOLDFAST_TEST_ITEMS_PER_SET ?? 3);
  for (let set = 0; set < 100; set++) {
    for (let i = 0; i < each; i++) await writeFile(join(path, `item-${set}-${i}`), `content ${set} ${i}`);
    await device.backup(path);
  }
  const [way] = device.user.ways;
  device.hands = { company: false, ways: [way!] };
  const { databases } = await device.restore(join(world.directory, `out-${places++}`));
  assert.equal(databases[0]?.added, 20 + 100 * each);
  const asked = way!.operations();
  assert.ok(asked >= 1 && asked <= 4, `${asked} times, and a keyring serves 32 sets`);
});

test('all: a change of the ways in is another list, and what was stored before stays with the old one', async () => {
  const device = await person('all');
  const path = await tree();
  await device.backup(path);
  device.user.ways.splice(0, 1, await testWay());
  await device.backup(path, { full: true });
  assert.equal(await opens(device, true, [0]), false, 'the new way in alone has nothing of the first set');
  await writeFile(join(path, 'file-3'), 'content 3');
  assert.equal(await opens(device, true, [1]), true);
});
