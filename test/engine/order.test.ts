/** Two segments are under way at a time: whichever arrives first, their order in the set is that of their bytes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { runBackup } from '../../src/backup/index.ts';
import type { Destination } from '../../src/set/index.ts';
import { openSource } from '../../src/sources/index.ts';
import { openState } from '../../src/state/index.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, RULE, TestUser } from './world.ts';

test('a segment that arrives after the one behind it keeps its place', async () => {
  await using world = await engineWorld();
  const device = await world.device(new TestUser());
  device.rule = { ...RULE, compress: 'off' };
  const [tree, into] = [join(world.directory, 'tree'), join(world.directory, 'into')];
  await makeTree(
    tree,
    Object.fromEntries(
      Array.from({ length: 2500 }, (_, n) => [`${n % 40}/a file by the number of ${n}`, `${n}`]),
    ),
  );
  const engine = await device.engine();
  let put = 0;
  const slow: Destination = {
    ...engine.destination,
    segmentLimit: 70_000,
    async putSegment(name, segment) {
      if (put++ % 2 === 0) await pause(40);
      return engine.destination.putSegment(name, segment);
    },
  };
  const state = openState(device.state);
  const source = openSource({ kind: 'folder', path: tree, label: 'home' });
  await runBackup(
    { ...engine, destination: slow },
    {
      catalogue: state.catalogue(engine.destination.label),
      plans: [
        { database: 'Files', label: 'home', source, classify: () => 'personal', rules: () => device.rule },
      ],
      policy: 1,
    },
  );
  state.close();
  await source.close();
  await engine.destination.close();
  assert.ok(put > 4, `${put} segments`);
  await device.restore(into);
  await assertSameTree(tree, join(into, 'Files'));
});
