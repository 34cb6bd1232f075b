/** Runs that break off, states that are lost or older: nothing is lost, doubled or sealed twice (U2, U3). */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runBackup } from '../../src/backup/index.ts';
import { type Destination, DestinationError } from '../../src/set/index.ts';
import { openSource } from '../../src/sources/index.ts';
import { openState } from '../../src/state/index.ts';
import { assertSameTree, makeTree } from './trees.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());
const { place } = world;

/** A destination that can be reached only so many times for writing. */
function breaking(destination: Destination, writes: number): Destination {
  const spend = (): void => {
    if (writes-- <= 0) throw new DestinationError('ERR_DESTINATION_UNAVAILABLE', 'the network is gone');
  };
  return {
    ...destination,
    segmentLimit: 150_000,
    putSegment: async (name, segment) => {
      spend();
      return destination.putSegment(name, segment);
    },
    putObject: async (name, kind, bytes) => {
      spend();
      return destination.putObject(name, kind, bytes);
    },
  };
}

/** One run with a destination that breaks off after some writes; the bytes that were sent. */
async function run(
  device: TestDevice,
  path: string,
  writes: number,
): Promise<{ sent: number; done: boolean }> {
  const engine = await device.engine();
  let sent = 0;
  const counting: Destination = {
    ...engine.destination,
    putSegment: async (name, segment) => {
      const stored = await engine.destination.putSegment(name, segment);
      sent += stored.size;
      return stored;
    },
  };
  const state = openState(device.state);
  try {
    const report = await runBackup(
      { ...engine, destination: breaking(counting, writes) },
      {
        catalogue: state.catalogue(engine.destination.label),
        plans: [
          {
            database: 'Files',
            label: 'home',
            source: openSource({ kind: 'folder', path, label: 'home' }),
            classify: () => 'personal',
            rules: () => device.rule,
          },
        ],
        policy: 1,
      },
    );
    device.report(report.set!);
    return { sent, done: true };
  } catch (error) {
    assert.ok(error instanceof DestinationError, String(error));
    return { sent, done: false };
  } finally {
    state.close();
    await engine.destination.close();
  }
}

test('broken off after every number of writes: the next run goes on, and what was sent is not sent again', async () => {
  const from = await place();
  const files = Array.from({ length: 30 }, (_, i) => [`file-${i}`, Buffer.alloc(40_000 + i, i)] as const);
  for (const [name, bytes] of files)
    for (let i = 0; i < bytes.length; i += 7) bytes[i] = (i * 31 + name.length) % 256;
  await makeTree(from, {
    ...Object.fromEntries(files),
    large: Buffer.from(Array.from({ length: 700_000 }, (_, i) => i ** 2 % 251)),
  });
  await new Promise((resolve) => setTimeout(resolve, 60)); // stamps settle
  const whole = (await run(await world.device(new TestUser()), from, Number.POSITIVE_INFINITY)).sent;

  for (let writes = 0; ; writes += 3) {
    const device = await world.device(new TestUser());
    const first = await run(device, from, writes);
    const second = await run(device, from, Number.POSITIVE_INFINITY);
    assert.ok(second.done);
    const into = await place();
    await device.restore(into);
    await assertSameTree(from, join(into, 'Files'));
    assert.ok(first.sent + second.sent < whole * 1.5 + 400_000, `after ${writes} writes`);
    if (first.done) break;
  }
});

test('a state restored from an older copy: a new chain, the old one stays whole', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1' });
  await device.backup(from);
  await copyFile(device.state, `${device.state}-old`);
  await makeTree(from, { b: '2' });
  const second = await device.backup(from);
  device.state = `${device.state}-old`;
  await makeTree(from, { c: '3' });
  const third = await device.backup(from);
  assert.notEqual(third.set!.chain, second.set!.chain);
  assert.equal(third.set!.counter, 1);
  assert.ok(device.events.some((event) => event.kind === 'notice' && event.code === 'STATE_BEHIND'));
  const into = await place();
  await device.restore(into);
  await assertSameTree(from, join(into, 'Files'));
  const old = await place();
  await device.restore(old, { set: second.set!.set });
  assert.deepEqual((await readdir(join(old, 'Files'))).sort(), ['a', 'b']);
});

test('a state restored from a copy made when a set was about to be closed: no second manifest under one counter', async () => {
  const user = new TestUser();
  const [device, other] = [await world.device(user), await world.device(user)];
  const from = await place();
  await makeTree(from, { a: '1' });
  const first = await device.backup(from);
  await makeTree(from, { b: '2' });
  device.through = (real) => ({
    ...real,
    putObject: async (name, kind, bytes) => {
      if (kind !== 'manifest') return real.putObject(name, kind, bytes);
      throw new DestinationError('ERR_DESTINATION_UNAVAILABLE', 'the network is gone');
    },
  });
  await assert.rejects(device.backup(from), { code: 'ERR_DESTINATION_UNAVAILABLE' });
  device.through = undefined;
  const copy = await device.copyState();

  // The state is lost, the chain goes on without what was about to be closed; then the copy comes back.
  device.state = `${copy}-lost`;
  await makeTree(from, { c: '3' });
  const second = await device.backup(from);
  assert.deepEqual([second.set!.chain, second.set!.counter], [first.set!.chain, 2]);
  for (const told of [true, false]) {
    device.state = `${copy}-${told}`;
    await copyFile(copy, device.state);
    if (!told) user.heads.length = 0;
    await makeTree(from, { d: `${told}` });
    const third = await device.backup(from);
    assert.notEqual(third.set!.chain, first.set!.chain);
    const into = await place();
    await device.restore(into, { set: third.set!.set });
    await assertSameTree(from, join(into, 'Files'));
    const old = await place();
    await other.restore(old, { device: device.id, set: second.set!.set });
    assert.deepEqual((await readdir(join(old, 'Files'))).sort(), ['a', 'b', 'c']);
  }
});

test('the same, with an area that holds the newer set back: what the device was told of it counts', async () => {
  const user = new TestUser();
  const device = await world.device(user);
  const from = await place();
  await makeTree(from, { a: '1' });
  const { set } = await device.backup(from);
  await makeTree(from, { b: '2' });
  device.through = (real) => ({
    ...real,
    putObject: async (name, kind, bytes) => {
      if (kind !== 'manifest') return real.putObject(name, kind, bytes);
      throw new DestinationError('ERR_DESTINATION_UNAVAILABLE', 'the network is gone');
    },
  });
  await assert.rejects(device.backup(from), { code: 'ERR_DESTINATION_UNAVAILABLE' });
  device.through = undefined;
  const hash = 'Q'.repeat(42).concat('A');
  const { area } = user.heads[0]!;
  user.heads.push({ device: device.id, chain: set!.chain, counter: 2, hash, time: 1, area: area! });
  const report = await device.backup(from);
  assert.notEqual(report.set!.chain, set!.chain);
});

test('what a device signed after it was ended does not count', async () => {
  const user = new TestUser();
  const [lost, other] = [await world.device(user), await world.device(user)];
  const from = await place();
  await makeTree(from, { a: '1' });
  await lost.backup(from);
  user.ended.add(lost.id);
  const { length } = user.heads;
  await makeTree(from, { forged: '2' });
  await lost.backup(from);
  user.heads.length = length; // the server takes no report of it any more
  const into = await place();
  await other.restore(into);
  assert.deepEqual(await readdir(join(into, 'Files')), ['a']);
});

test('keys that a policy message erases during a run are not put back', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1' });
  await device.backup(from);
  await makeTree(from, { b: '2' });
  const erased: Promise<unknown> = device.backup(from, {
    classify: () => {
      device.keyrings.clear();
      return 'personal';
    },
  });
  await assert.rejects(erased, { code: 'ERR_NO_KEY' });
  assert.equal(device.keyrings.size, 0);
});

test('a policy key that changes after a run broke off: nothing of it stays under a key that no envelope holds', async () => {
  const user = new TestUser();
  const device = await world.device(user);
  const from = await place();
  await makeTree(
    from,
    Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`file-${i}`, randomBytes(60_000)])),
  );
  await new Promise((resolve) => setTimeout(resolve, 60)); // stamps settle
  assert.equal((await run(device, from, 3)).done, false);
  user.key = randomBytes(32);
  assert.ok((await run(device, from, Number.POSITIVE_INFINITY)).done);
  const into = await place();
  await device.restore(into);
  await assertSameTree(from, join(into, 'Files'));
});

test('a name that only the storage vouches for does not cost a device its state', async () => {
  const device = await world.device(new TestUser());
  const from = await place();
  await makeTree(from, { a: '1' });
  const { set } = await device.backup(from);
  await makeTree(from, { b: '2' });
  const { destination } = await device.engine();
  const invented = `${device.id}/${set!.chain}/m/0000000009-${set!.set}`;
  await destination.putObject(invented, 'manifest', new Uint8Array(300));
  await destination.close();
  const second = await device.backup(from);
  assert.deepEqual([second.set!.chain, second.set!.counter], [set!.chain, 2]);
  const state = openState(device.state);
  assert.equal(state.catalogue(destination.label).chain()?.last.set, second.set!.set);
  state.close();
});
