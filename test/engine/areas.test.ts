/** One user, two areas: what is known of the one says nothing about the other, and is not forgotten there (U2). */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseAreaUri } from '../../src/api/area/index.ts';
import { areaDestination } from '../../src/destinations/area/index.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
let count = 0;
const place = async (): Promise<string> => {
  const path = join(world.directory, `place-${count++}`);
  await mkdir(path);
  return path;
};

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
