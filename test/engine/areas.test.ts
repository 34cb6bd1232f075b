/** One user, two areas: what is known of the one says nothing about the other, and is not forgotten there (U2). */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseAreaUri } from '../../src/api/area/index.ts';
import { surveySets } from '../../src/backup/index.ts';
import { areaDestination } from '../../src/destinations/area/index.ts';
import { manifestName } from '../../src/set/index.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;

/** What the storage keeps of a user in an area, gone. */
const lose = ({ access }: TestDevice, below: string): Promise<void> =>
  rm(join(world.storage, 'objects', parseAreaUri(access.uri).area, below), { recursive: true });

test('a destination says which area it is', () => {
  const uri = `http://127.0.0.1:9/areas/${'A'.repeat(22)}/`;
  const destination = areaDestination({ uri, grants: () => ({}), sign: async () => '' });
  assert.equal(destination.area, 'A'.repeat(22));
});

test('a second area that is still empty is empty, not rolled back; the first one stays checked', async () => {
  const second = await world.addArea('second');
  const user = new TestUser();
  const [one, two] = [await world.device(user), await world.device(user)];
  const from = await place();
  await makeTree(from, { a: 'one', b: 'two' });
  await one.backup(from);

  for (const device of [one, two]) await device.use(second);
  await assert.rejects(two.restore(await place()), { code: 'ERR_NO_SETS' });
  const { set } = await one.backup(from);
  assert.equal(set?.counter, 1);
  const into = await place();
  assert.equal((await two.restore(into)).freshness.kind, 'known');
  await assertSameTree(from, join(into, 'Files'));

  // Each area goes on by itself.
  await one.use(world.areaUri);
  await writeFile(join(from, 'c'), 'three');
  const next = await one.backup(from);
  assert.deepEqual([next.set?.counter, next.set?.chain === set?.chain], [2, false]);

  await lose(one, user.id);
  await two.use(world.areaUri);
  await assert.rejects(two.restore(await place()), { code: 'ERR_ROLLED_BACK', kind: 'integrity' });
  await assert.rejects(one.backup(from), { code: 'ERR_ROLLED_BACK' });
  one.state = join(world.directory, 'lost-state.db');
  await assert.rejects(one.backup(from), { code: 'ERR_ROLLED_BACK' });
  await one.use(second);
  assert.equal((await one.backup(from)).set?.counter, 2);
});

test('a device whose sets an area hides is missed, also when others have some there', async () => {
  const user = new TestUser();
  const [one, two] = [await world.device(user), await world.device(user)];
  const from = await place();
  await makeTree(from, { a: 'one' });
  await one.backup(from);
  await two.backup(from);
  await lose(one, join(user.id, one.id));
  await assert.rejects(one.restore(await place()), { code: 'ERR_ROLLED_BACK' });
  await assert.rejects(two.restore(await place(), { device: one.id }), { code: 'ERR_ROLLED_BACK' });
  // The device that is left is not held up by the one that is not.
  assert.equal((await two.restore(await place())).freshness.kind, 'known');
});

test('an area that hides everything is said to: what is known to be there is named as missing', async () => {
  const user = new TestUser();
  const [one, two] = [await world.device(user), await world.device(user)];
  const from = await place();
  await makeTree(from, { a: 'one' });
  const { set } = await one.backup(from);
  await one.backup(from);
  await two.backup(from);
  const survey = async (device: TestDevice, choice: { device?: string }) => {
    const engine = await device.engine();
    const { sets, missing } = await surveySets(engine, choice);
    await engine.destination.close();
    return [sets.length, missing.map(({ device: of, counter }) => [of, counter])] as const;
  };
  assert.deepEqual(await survey(two, {}), [3, []]);
  await lose(one, join(user.id, one.id));
  assert.deepEqual(await survey(two, {}), [1, [[one.id, 2]]]);
  assert.deepEqual(await survey(two, { device: two.id }), [1, []]);
  await lose(one, user.id);
  assert.deepEqual(await survey(two, { device: one.id }), [0, [[one.id, 2]]]);
  assert.deepEqual((await survey(two, {}))[1].length, 2);
  // By name it is as missing as it is without.
  await assert.rejects(two.restore(await place(), { set: set!.set }), { code: 'ERR_ROLLED_BACK' });
  await two.use(await world.addArea('third'));
  assert.deepEqual(await survey(two, {}), [0, []], 'another area has nothing to hide');
  await assert.rejects(two.restore(await place(), { set: set!.set }), { code: 'ERR_SET_UNKNOWN' });
});

test('an older set is taken when that is said of it, and no other; what is expected has to be there', async () => {
  const user = new TestUser();
  const [device, other] = [await world.device(user), await world.device(user)];
  const from = await place();
  await makeTree(from, { a: 'one' });
  const older = (await device.backup(from)).set!;
  await writeFile(join(from, 'b'), 'two');
  const newer = (await device.backup(from)).set!;
  const told: number[] = [];
  const accept = { set: older.set, acceptOlder: true, onOlder: async () => void told.push(told.length) };

  // Nothing is behind yet: it is a set like others.
  const plain = await other.restore(await place(), accept);
  assert.deepEqual([plain.freshness.kind, plain.older, told], ['known', undefined, []]);
  await other.restore(await place(), { expect: 2 });
  for (const choice of [{ expect: 3 }, { expect: 3, set: older.set }, { expect: 3, at: Date.now() }])
    await assert.rejects(other.restore(await place(), choice), {
      code: 'ERR_ROLLED_BACK',
      message: /manifest 3 is expected, but the newest there is 2/,
    });

  const manifest = manifestName({ device: device.id, chain: newer.chain }, newer.counter, newer.set);
  await lose(device, `${user.id}/${manifest}.object`);
  await assert.rejects(other.restore(await place(), { set: older.set }), { code: 'ERR_ROLLED_BACK' });
  await assert.rejects(other.restore(await place(), { acceptOlder: true }), { code: 'ERR_ROLLED_BACK' });
  for (const choice of [{ set: newer.set }, { ...accept, set: newer.set }])
    await assert.rejects(other.restore(await place(), choice), { code: 'ERR_ROLLED_BACK' });
  const into = await place();
  const restored = await other.restore(into, accept);
  assert.deepEqual(
    [restored.set.counter, restored.freshness.kind, restored.older?.counter, told.length],
    [1, 'unknown', 2, 1],
  );
  assert.equal(await readFile(join(into, 'Files', 'a'), 'utf8'), 'one');

  // Told first: when that does not work, nothing is restored.
  const stopped = await place();
  const refuse = async () => {
    throw new TypeError('cannot be kept');
  };
  await assert.rejects(other.restore(stopped, { ...accept, onOlder: refuse }), TypeError);
  assert.deepEqual(await readdir(stopped), []);
});

test('a newer chain that an area hides is missed: an older one is not taken for the newest', async () => {
  const user = new TestUser();
  const [device, other] = [await world.device(user), await world.device(user)];
  const from = await place();
  await makeTree(from, { a: 'one' });
  await device.backup(from);
  const [head] = user.heads;
  user.heads.push({ ...head!, chain: 'c'.repeat(22), time: head!.time + 60_000 });
  await assert.rejects(other.restore(await place()), { code: 'ERR_ROLLED_BACK' });
  device.state = join(world.directory, 'second-lost-state.db');
  await assert.rejects(device.backup(from), { code: 'ERR_ROLLED_BACK' });
});

test('what another device reported under the id of a chain says nothing about it', async () => {
  const user = new TestUser();
  const [device, other] = [await world.device(user), await world.device(user)];
  const from = await place();
  await makeTree(from, { a: 'one' });
  await device.backup(from);
  const [head] = user.heads;
  user.heads.push({ ...head!, device: other.id, counter: 900, hash: 'Q'.repeat(43) });
  const { freshness } = await other.restore(await place(), { device: device.id });
  assert.equal(freshness.kind === 'known' && freshness.counter, 1);
  await writeFile(join(from, 'b'), 'two');
  const { set } = await device.backup(from);
  assert.deepEqual([set?.counter, set?.chain], [2, head!.chain]);
});
