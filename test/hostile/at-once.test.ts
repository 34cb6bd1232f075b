/** Two at once: devices of one user in one area, and processes of one device (U3). */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seeded } from '../world/data.ts';
import { resultOf } from '../world/device.ts';
import { assertSameTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';

const random = seeded(22);
let it: World;
const homes = new Map<string, string>();

before(async () => {
  it = await world({
    hostile: true,
    users: { alice: { devices: ['phone', 'tablet', 'laptop', 'reader'] } },
  });
  for (const name of ['phone', 'tablet', 'laptop']) {
    const home = it.place(name);
    await mkdir(home);
    for (let i = 0; i < 40; i++) await writeFile(join(home, `${i} of ${name}`), random(60_000));
    homes.set(name, home);
    await it.device('alice', name).call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
  }
});
after(() => it?.[Symbol.asyncDispose]());

async function comesBack(device: WorldDevice): Promise<void> {
  const reader = it.device('alice', 'reader');
  const into = it.place('into');
  await reader.call('restore', { device: device.id, into });
  await assertSameTree(homes.get(device.name)!, join(into, 'Files'));
  assert.deepEqual((await reader.call('verify', { device: device.id })).damaged, []);
}

test('three devices of one user back up to one area at the same time, again and again: each has its own, whole', async () => {
  const devices = ['phone', 'tablet', 'laptop'].map((name) => it.device('alice', name));
  for (let round = 1; round <= 2; round++) {
    const ended = await Promise.all(devices.map((device) => device.cli(['backup', '--json'])));
    for (const [i, one] of ended.entries()) {
      assert.equal(one.code, 0, one.stderr);
      const { set, databases } = resultOf('backup', one);
      assert.deepEqual([set?.counter, databases[0]?.items], [round, 40 + (round - 1)]);
      await writeFile(join(homes.get(devices[i]!.name)!, `round ${round}`), random(80_000));
    }
  }
  await Promise.all(devices.map((device) => device.call('backup', {})));
  for (const device of devices) await comesBack(device);
  const { sets } = await it.device('alice', 'reader').call('sets', {});
  assert.equal(sets.length, 9);
  assert.equal(new Set(sets.map(({ chain }) => chain)).size, 3);
});

test('two backups of one device at the same time: the second says who is at it (1), and changes nothing', async () => {
  const phone = it.device('alice', 'phone');
  await writeFile(join(homes.get('phone')!, 'one more'), random(100_000));
  let arrived: () => void = () => {};
  const uploading = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  let goOn: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  using _ = it.areaProxy.rule(async (asked, pass) => {
    if (asked.method === 'PUT') {
      arrived();
      await held;
    }
    return pass();
  });
  const first = phone.cli(['backup']);
  await uploading;
  for (const command of [
    ['backup'],
    ['restore', '--into', it.place('never')],
    ['prune', '--keep-last', '1'],
    ['backup', '--to', join(it.directory, 'never.ipd')],
  ]) {
    const second = await phone.cli(command);
    assert.equal(second.code, 1, `${command}: ${second.stderr}`);
    assert.match(second.stderr, /^holdfast: process \d+ \(backup\) is at work in .*; try again/m);
  }
  // Looking is not held up.
  assert.equal((await phone.cli(['device', 'status'])).code, 0);
  assert.equal((await phone.cli(['sets'])).code, 0);
  goOn();
  const done = await first;
  assert.equal(done.code, 0, done.stderr);
  await comesBack(phone);
});

test('many commands of one device at once: one backup at a time, each of them whole or refused', async () => {
  const phone = it.device('alice', 'phone');
  for (let i = 0; i < 10; i++) await writeFile(join(homes.get('phone')!, `burst ${i}`), random(50_000));
  const ended = await Promise.all(Array.from({ length: 4 }, () => phone.cli(['backup'])));
  for (const { code, stderr } of ended) {
    assert.ok(code === 0 || code === 1, stderr);
    if (code === 1) assert.match(stderr, /is at work in/);
  }
  assert.ok(ended.some(({ code }) => code === 0));
  await comesBack(phone);
  const { sets } = await it.device('alice', 'reader').call('sets', { device: phone.id });
  const counters = sets.map(({ counter }) => counter).sort((a, b) => a - b);
  assert.deepEqual(
    counters,
    counters.map((_, i) => i + 1),
  );
});
