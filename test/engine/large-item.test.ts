/** Very large items: a change costs what changed, and an entry has room for the places of an item (U3). */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Destination } from '../../src/set/index.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
let count = 0;
const place = (): string => join(world.directory, `place-${count++}`);

test('a file that is changed in many places, again and again, uploads those', async () => {
  const device = await world.device(new TestUser());
  const [tree, early] = [place(), place()];
  let content = randomBytes(40_000_000);
  await makeTree(tree, { 'chat.db': content });
  const sets = [(await device.backup(tree)).set!.set];
  for (let version = 1; version <= 6; version++) {
    // Eight pages written anew, and some bytes that push what is behind them.
    for (let n = 0; n < 8; n++)
      randomBytes(4096).copy(content, Math.floor(((version * 0.618 + n / 8) % 1) * 39_000_000));
    const at = version * 5_000_000;
    content = Buffer.concat([content.subarray(0, at), randomBytes(700), content.subarray(at)]);
    await writeFile(join(tree, 'chat.db'), content);
    const { stored, set } = await device.backup(tree);
    assert.ok(stored < 9_000_000, `${stored} bytes in version ${version}`);
    sets.push(set!.set);
    if (version === 3) await cp(tree, early, { recursive: true, preserveTimestamps: true });
  }
  const [latest, older] = [place(), place()];
  await device.restore(latest);
  await assertSameTree(tree, join(latest, 'Files'));
  await device.restore(older, { set: sets[3]! });
  await assertSameTree(early, join(older, 'Files'));
});

test('a file in more places than an index entry has room for is left out and named, nothing else is', async () => {
  const device = await world.device(new TestUser());
  const [tree, into] = [place(), place()];
  await makeTree(tree, { 'disk.img': randomBytes(205_000_000), 'notes.txt': 'stays' });
  let put = 0;
  // A segment a frame: 200 MB lie in as many places as 27 GB do. What is left out need not be stored.
  const small = (real: Destination): Destination => ({
    ...real,
    segmentLimit: 70_000,
    putSegment: async (name, segment) =>
      put++ < 3000 ? { offsets: segment.frames.map(() => 0), size: 0 } : real.putSegment(name, segment),
  });
  device.through = small;
  const { leftOut } = await device.backup(tree);
  assert.deepEqual(
    leftOut.map(({ item, code }) => [item, code]),
    [['disk.img', 'ERR_SOURCE_ITEM_UNREADABLE']],
  );
  assert.match(leftOut[0]!.reason, /divide it/);
  await device.restore(into);
  assert.deepEqual(await readdir(join(into, 'Files')), ['notes.txt']);
});
