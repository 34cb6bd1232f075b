/** Pruning deletes what no kept set needs, and nothing else (U3). */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type KeepRules, listSets, type PruneReport, prune, verify } from '../../src/backup/index.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import { type Destination, DestinationError } from '../../src/set/index.ts';
import { openState } from '../../src/state/index.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;

const noise = (bytes = 20_000): Buffer => Buffer.from(nodePlatform.random(bytes));

interface History {
  readonly device: TestDevice;
  readonly from: string;
  /** The tree as of each set, and the set. */
  readonly states: { readonly tree: string; readonly set: string }[];
}

/** Sets of a folder in which files come, change and go. */
async function history(sets: number): Promise<History> {
  const device = await world.device(new TestUser());
  const from = await place();
  const states: History['states'] = [];
  await makeTree(from, { lasting: noise(100_000) });
  for (let i = 0; i < sets; i++) {
    await makeTree(from, { changing: noise(), [`file-${i}`]: noise() });
    if (i >= 2) await rm(join(from, `file-${i - 2}`));
    const { set } = await device.backup(from);
    const tree = await place();
    await device.restore(tree);
    states.push({ tree, set: set!.set });
  }
  return { device, from, states };
}

async function pruned(
  device: TestDevice,
  keep: KeepRules,
  options: { dryRun?: boolean; destination?: (real: Destination) => Destination } = {},
): Promise<PruneReport> {
  const engine = await device.engine();
  const state = openState(device.state);
  try {
    const destination = options.destination?.(engine.destination) ?? engine.destination;
    const report = await prune(
      { ...engine, destination },
      { catalogue: state.catalogue(engine.destination.label), keep, dryRun: options.dryRun === true },
    );
    if (report.head) device.report(report.head);
    return report;
  } finally {
    state.close();
    await engine.destination.close();
  }
}

async function stored(device: TestDevice): Promise<number> {
  const engine = await device.engine();
  let bytes = 0;
  for await (const { size } of engine.destination.list('')) bytes += size;
  await engine.destination.close();
  return bytes;
}

async function check({ device, states }: History, kept: readonly number[]): Promise<void> {
  const engine = await device.engine();
  const sets = (await listSets(engine, {})).map(({ set }) => set);
  assert.deepEqual(
    sets,
    kept.map((i) => states[i]!.set),
  );
  for (const i of kept) {
    assert.deepEqual((await verify(engine, { set: states[i]!.set })).damage, []);
    const into = await place();
    await device.restore(into, { set: states[i]!.set });
    await assertSameTree(states[i]!.tree, into);
  }
  for (const [i, { set }] of states.entries())
    if (!kept.includes(i))
      await assert.rejects(device.restore(await place(), { set }), { code: 'ERR_SET_UNKNOWN' });
  await engine.destination.close();
}

test('kept sets verify and restore as they were; the others are gone, and so are their bytes', async () => {
  const it = await history(8);
  const before = await stored(it.device);
  const planned = await pruned(it.device, { last: 2 }, { dryRun: true });
  assert.deepEqual([planned.kept.length, planned.removed.length], [2, 6]);
  assert.equal(await stored(it.device), before);

  const report = await pruned(it.device, { last: 2 });
  assert.ok(report.bytes > 150_000 && report.objects === planned.objects);
  assert.ok((await stored(it.device)) < before - report.bytes + 10_000);
  await check(it, [6, 7]);
  const again = await pruned(it.device, { last: 2 });
  assert.deepEqual([again.objects, again.removed.length, again.head], [0, 0, undefined]);

  // The chain goes on, is pruned again, and its state can still be rebuilt.
  await makeTree(it.from, { changing: noise() });
  const next = await it.device.backup(it.from);
  it.states.push({ tree: await place(), set: next.set!.set });
  await it.device.restore(it.states.at(-1)!.tree);
  await pruned(it.device, { last: 2 });
  await check(it, [7, 8]);
  it.device.state = `${it.device.state}-lost`;
  it.device.keyrings.clear();
  assert.ok((await it.device.backup(it.from)).stored < 5000);
  await pruned(it.device, { last: 1 });
});

test('sets kept in the middle', async () => {
  const it = await history(6);
  const engine = await it.device.engine();
  const times = (await listSets(engine, {})).map(({ time }) => time);
  await engine.destination.close();
  // Everything within the time back to the third set; then only the newest and one by one.
  await pruned(it.device, { within: times[5]! - times[2]! + 1 });
  await check(it, [2, 3, 4, 5]);
  await pruned(it.device, { last: 1 });
  await check(it, [5]);
});

test('broken off while deleting: what is kept is whole, and the next pruning finishes', async () => {
  const it = await history(6);
  const breaking = (real: Destination): Destination => ({
    ...real,
    remove: async (names) => {
      await real.remove(names.slice(0, Math.ceil(names.length / 2)));
      throw new DestinationError('ERR_DESTINATION_UNAVAILABLE', 'the network is gone');
    },
  });
  await assert.rejects(pruned(it.device, { last: 2 }, { destination: breaking }), {
    code: 'ERR_DESTINATION_UNAVAILABLE',
  });
  await check(it, [4, 5]);
  const rest = await pruned(it.device, { last: 2 });
  assert.ok(rest.objects > 0);
  await check(it, [4, 5]);
});

test('where nothing may be deleted everything stays, and that is said', async () => {
  const it = await history(3);
  const before = await stored(it.device);
  const appendOnly = (real: Destination): Destination => ({ ...real, appendOnly: true });
  assert.equal((await pruned(it.device, { last: 1 }, { destination: appendOnly })).appendOnly, true);
  assert.equal(await stored(it.device), before);
});

test('a mass change stops pruning until it is confirmed (U6)', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  const many = (text: string) =>
    Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, text + i]));
  await makeTree(from, many('a'));
  await device.backup(from);
  await makeTree(from, many('b'));
  const { set } = await device.backup(from);
  await assert.rejects(pruned(device, { last: 1 }), { code: 'ERR_UNCONFIRMED', kind: 'refused' });
  const state = openState(device.state);
  state.catalogue(world.areaUri).confirm(set!.set);
  state.close();
  assert.equal((await pruned(device, { last: 1 })).removed.length, 1);
});
