/** Which set is meant: by a time, of the chain that counts, and of those that the device had before (U3). */
import assert from 'node:assert/strict';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findSet } from '../../src/backup/index.ts';
import { engineWorld, type TestDevice, TestUser } from './world.ts';

const world = await engineWorld();
after(() => world[Symbol.asyncDispose]());

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 20, 12);
const user = new TestUser();
let device: TestDevice;
let from: string;
const made: { set: string; time: number }[] = [];

/** A set of something new, at an hour after the start. */
async function setAt(hour: number): Promise<void> {
  device.now = () => START + hour * HOUR;
  await writeFile(join(from, 'file'), `as of hour ${hour}, ${made.length}`);
  const { set } = await device.backup(from);
  made.push({ set: set!.set, time: set!.time });
}

async function chosen(hour: number): Promise<string> {
  const engine = await device.engine();
  try {
    const { set, freshness } = await findSet(engine, { at: START + hour * HOUR });
    assert.equal(freshness.kind, 'known');
    return set.set;
  } finally {
    await engine.destination.close();
  }
}

before(async () => {
  device = await world.device(user);
  from = join(world.directory, 'home');
  await mkdir(from);
  for (const hour of [0, 1, 2]) await setAt(hour);
});

test('the newest set made at or before a time; none is a usage error that names the oldest', async () => {
  for (const [hour, place] of [
    [0, 0],
    [0.9, 0],
    [1, 1],
    [1.5, 1],
    [2, 2],
    [1000, 2],
  ] as const)
    assert.equal(await chosen(hour), made[place]!.set, `hour ${hour}`);
  await assert.rejects(chosen(-0.001), (error: Error & { code: string; kind: string }) => {
    assert.deepEqual([error.code, error.kind], ['ERR_SET_UNKNOWN', 'usage']);
    assert.ok(error.message.includes(`the oldest is ${made[0]!.set} of 2026-11-20T12:00:00.000Z`));
    return true;
  });
});

test('where the clock was set back, the later set counts', async () => {
  await setAt(1.2);
  await setAt(4);
  assert.equal(await chosen(2.5), made[3]!.set);
  assert.equal(await chosen(5), made[4]!.set);
  assert.equal(await chosen(1.1), made[1]!.set);
});

test('before the chain began: of the chain that the device had until then', async () => {
  const copy = `${device.state}-copy`;
  await copyFile(device.state, copy);
  await setAt(5);
  // The device is set back to the copy: behind its own sets it begins a new chain.
  device.state = copy;
  await setAt(6);
  assert.ok(device.events.some((event) => event.kind === 'notice' && event.code === 'STATE_BEHIND'));
  assert.equal(await chosen(6), made[6]!.set);
  assert.equal(await chosen(5.5), made[5]!.set);
  assert.equal(await chosen(0), made[0]!.set);
  await assert.rejects(chosen(-1), new RegExp(`the oldest is ${made[0]!.set} `));
});
