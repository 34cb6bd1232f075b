/** Data keys: how long they are kept, and what a run does whose protected memory is an older copy (B7, U2). */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { listSets, verify } from '../../src/backup/index.ts';
import { fromUtf8, utf8 } from '../../src/lib/bytes.ts';
import { nodePlatform } from '../../src/platform/node.ts';
import { type Destination, DestinationError, SETS_PER_KEYRING } from '../../src/set/index.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;

const unreachable = (): never => {
  throw new DestinationError('ERR_DESTINATION_UNAVAILABLE', 'the network is gone');
};

/** Whatever is put of these kinds does not arrive. */
const without =
  (...kinds: string[]) =>
  (real: Destination): Destination => ({
    ...real,
    putObject: async (name, kind, bytes) =>
      kinds.includes(kind) ? unreachable() : real.putObject(name, kind, bytes),
  });

/** A run that breaks off before something has arrived. */
async function breakOff(device: TestDevice, from: string, database: string, ...kinds: string[]) {
  device.through = without(...kinds);
  await assert.rejects(device.backup(from, { database }), { code: 'ERR_DESTINATION_UNAVAILABLE' });
  device.through = undefined;
}

const setsUnder = (device: TestDevice): number => {
  const [kept] = device.keyrings.values();
  return kept ? (JSON.parse(fromUtf8(kept)) as { sets: number }).sets : 0;
};

async function assertWhole(device: TestDevice, trees: Record<string, string>): Promise<void> {
  const into = await place();
  await device.restore(into);
  for (const [database, tree] of Object.entries(trees)) await assertSameTree(tree, join(into, database));
  const engine = await device.engine();
  assert.deepEqual((await verify(engine, {})).damage, []);
  await engine.destination.close();
}

test('after the last set of a keyring its data keys are gone, whichever way the sets were closed', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  for (let closed = 0; closed < SETS_PER_KEYRING; closed++) {
    assert.equal(setsUnder(device), closed);
    await makeTree(from, { changing: `${closed}` });
    if (closed % 3 !== 0 || closed >= 30) await device.backup(from);
    else {
      // Its manifest does not arrive: the next run closes it, which counts as well, and once.
      await breakOff(device, from, 'Files', 'manifest');
      await breakOff(device, from, 'Files', 'manifest');
      await makeTree(from, { changing: `${closed} again` });
      await device.backup(from);
      closed++;
    }
  }
  assert.equal(device.keyrings.size, 0);
  await makeTree(from, { changing: 'under another one' });
  await device.backup(from);
  assert.equal(setsUnder(device), 1);
  await assertWhole(device, { Files: from });
});

test('the last set of a keyring, closed by the run after it: its data keys are gone before anything else is done', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  for (let i = 1; i < SETS_PER_KEYRING; i++) {
    await makeTree(from, { changing: `${i}` });
    await device.backup(from);
  }
  await makeTree(from, { changing: 'last' });
  await breakOff(device, from, 'Files', 'manifest');
  assert.equal(device.keyrings.size, 1);
  await device.backup(from, { dryRun: true });
  assert.equal(device.keyrings.size, 0);
  await assertWhole(device, { Files: from });
});

test('a chain that is left for a new one leaves no data keys behind', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1' });
  const first = await device.backup(from);
  const old = await device.copyState();
  await makeTree(from, { b: '2' });
  await device.backup(from);
  device.state = old;
  const third = await device.backup(from);
  assert.notEqual(third.set!.chain, first.set!.chain);
  assert.deepEqual([...device.keyrings.keys()], [third.set!.chain]);
});

test('protected memory alone restored from an older copy: no envelope is in the way of another, and the run goes on', async () => {
  const device = await world.device(new TestUser());
  const [files, notes, tasks] = [await place(), await place(), await place()];
  await makeTree(files, { a: '1' });
  await makeTree(notes, { b: '2' });
  await makeTree(tasks, { c: '3' });
  await device.backup(files);
  const older = new Map(device.keyrings);
  await device.backup(notes, { database: 'Notes' });
  device.keyrings = new Map(older);
  const { set } = await device.backup(tasks, { database: 'Tasks' });
  assert.equal(set?.counter, 3);
  await assertWhole(device, { Files: files, Notes: notes, Tasks: tasks });
  // Nothing more is sealed under a keyring that is in use in two ways.
  assert.equal(device.keyrings.size, 0);
});

test('an envelope that was never sent, while another one of its number was: sealed anew under a number of its own', async () => {
  const device = await world.device(new TestUser());
  const [files, notes, tasks] = [await place(), await place(), await place()];
  await makeTree(files, { a: '1' });
  await makeTree(notes, { b: '2' });
  await makeTree(tasks, { c: '3' });
  await device.backup(files);
  const early = new Map(device.keyrings);
  await breakOff(device, notes, 'Notes', 'envelope');
  const late = new Map(device.keyrings);
  device.keyrings = early;
  await device.backup(tasks, { database: 'Tasks' });
  device.keyrings = late;
  await device.backup(notes, { database: 'Notes' });
  await assertWhole(device, { Files: files, Notes: notes, Tasks: tasks });
});

test('a run that broke off, and whose data keys an older copy of protected memory does not have, is not gone on with', async () => {
  const device = await world.device(new TestUser());
  const [files, notes] = [await place(), await place()];
  await makeTree(files, { a: '1' });
  const noise = () => Buffer.from(nodePlatform.random(60_000));
  await makeTree(notes, Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`note-${i}`, noise()])));
  await new Promise((resolve) => setTimeout(resolve, 60)); // stamps settle
  await device.backup(files);
  const older = new Map(device.keyrings);
  await breakOff(device, notes, 'Notes', 'envelope');
  device.keyrings = older;
  await device.backup(notes, { database: 'Notes' });
  await assertWhole(device, { Files: files, Notes: notes });
});

test('a storage that says of every envelope that another one is there: integrity, and an end', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1' });
  let puts = 0;
  device.through = (real) => ({
    ...real,
    putObject: async (name, kind, bytes) => {
      if (kind !== 'envelope') return real.putObject(name, kind, bytes);
      puts++;
      throw new DestinationError('ERR_OBJECT_CONFLICT', `${name}: other bytes are stored under this name`);
    },
  });
  await assert.rejects(device.backup(from), { code: 'ERR_OBJECT_CONFLICT', kind: 'integrity' });
  assert.ok(puts > 1 && puts < 20, `${puts}`);
  device.through = undefined;
  await device.backup(from);
  await assertWhole(device, { Files: from });
});

test('data keys that cannot be read are replaced, and nothing of them is quoted', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1' });
  const { set } = await device.backup(from);
  const [chain] = device.keyrings.keys();
  const kept = fromUtf8(device.keyrings.get(chain!)!);
  const secret = /"key":"([\w-]{43})"/.exec(kept)![1]!;
  for (const damaged of [kept.slice(0, -3), kept.replace('"key":', '"key"'), '{}', 'null', '[]']) {
    device.keyrings.set(chain!, utf8(damaged));
    device.events.length = 0;
    await makeTree(from, { changing: damaged });
    await device.backup(from);
    const told = device.events.filter((event) => event.kind === 'notice');
    assert.deepEqual(
      told.map(({ code }) => code),
      ['KEYRING_UNREADABLE'],
    );
    assert.ok(!JSON.stringify(told).includes(secret.slice(0, 6)));
  }
  await assertWhole(device, { Files: from });
  const engine = await device.engine();
  assert.equal((await listSets(engine, {})).at(-1)!.chain, set!.chain);
  await engine.destination.close();
});
