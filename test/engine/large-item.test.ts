/** Very large items: a change costs what changed (U3). */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
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
