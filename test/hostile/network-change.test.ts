/** A device that changes networks in the middle of a run: the run goes on, or the next one does (B17). */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { seeded } from '../world/data.ts';
import { resultOf } from '../world/device.ts';
import { assertSameTree } from '../world/trees.ts';
import { ALLOW_ALL, type World, type WorldDevice, world } from '../world.ts';
import { Relay } from './relay.ts';

const MiB = 1 << 20;
/** Longer than a request is tried again without waiting for the area. */
const GAP = 7_000;
/** Of the loopback network, where there is more than one address in it. */
const ANOTHER = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1';

let it: World;
let home: string;
/** One for each test: they run side by side. */
const relays: Relay[] = [];
const areas: string[] = [];

before(async () => {
  it = await world({ users: { alice: {} } });
  for (let i = 0; i < 3; i++) {
    const relay = await new Relay(it.storage.url).come();
    relays.push(relay);
    areas.push(it.area.replace(it.storage.url, `http://127.0.0.1:${relay.port}`));
  }
  await it.applyPolicies({ ...ALLOW_ALL, destinations: [...areas, it.area].map((area) => ({ area })) });
  home = it.place('home');
  await mkdir(home);
  const random = seeded(1702);
  for (let i = 0; i < 25; i++) await writeFile(join(home, `${i}`), random(MiB));
});
after(async () => {
  for (const relay of relays) await relay[Symbol.asyncDispose]();
  await it?.[Symbol.asyncDispose]();
});

async function enrol(name: string): Promise<WorldDevice> {
  const device = await it.enrol('alice', name);
  await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
  return device;
}

/** The network is gone once so many bytes have gone up; later there is another one, with an address of its own. */
function moves(relay: Relay, after: number, away: number): Promise<void> {
  let seen = 0;
  const move = async (): Promise<void> => {
    await relay.leave();
    await new Promise((resolve) => setTimeout(resolve, away));
    await relay.come(ANOTHER);
  };
  return new Promise((resolve, reject) => {
    relay.onUp = (bytes) => {
      seen += bytes;
      if (seen < after) return;
      relay.onUp = undefined;
      move().then(resolve, reject);
    };
  });
}

async function comesBack(device: WorldDevice): Promise<void> {
  const reader = await it.enrol('alice', `reader of ${device.name}`);
  const into = it.place('into');
  await reader.call('restore', { device: device.id, from: it.area, into });
  await assertSameTree(home, join(into, 'Files'));
  assert.deepEqual((await reader.call('verify', { device: device.id, from: it.area })).damaged, []);
}

describe('the network goes away in the middle, and another one comes', { concurrency: true }, () => {
  test('longer than a request is tried again: the same backup goes on, and says so', async () => {
    const phone = await enrol('phone');
    const moved = moves(relays[0]!, 11 * MiB, GAP);
    const done = await phone.cli(['backup', '--to', areas[0]!, '--json']);
    await moved;
    assert.equal(done.code, 0, done.stderr);
    const { set, stored } = resultOf('backup', done);
    assert.equal(set?.counter, 1);
    assert.ok(stored < 27 * MiB, `${stored} bytes: what was sent was sent again`);
    const lines = done.stdout.trim().split('\n');
    const said = lines.map((line) => JSON.parse(line) as { kind: string; code?: string });
    const codes = said.filter(({ kind }) => kind === 'notice').map(({ code }) => code);
    assert.deepEqual(codes, ['AREA_AWAITED', 'AREA_BACK']);
    await comesBack(phone);
  });

  test('a restore goes on, too', async () => {
    const tablet = await enrol('tablet');
    await tablet.call('backup', { to: it.area });
    const reader = await it.enrol('alice', 'reader');
    const into = it.place('into');
    // Its requests are small: by then it reads items.
    const moved = moves(relays[1]!, 8_000, GAP);
    const args = ['restore', '--device', tablet.id, '--from', areas[1]!, '--into', into];
    const done = await reader.cli(args);
    await moved;
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stderr, /127\.0\.0\.1:\d+ does not answer \(\w+\); waiting for it, for up to 1\d\d s/);
    assert.match(done.stderr, /answers again, after \d+ s/);
    await assertSameTree(home, join(into, 'Files'));
  });

  test('longer than it was told to wait: 1, and the next backup goes on where it was', async () => {
    const laptop = await enrol('laptop');
    const moved = moves(relays[2]!, 18 * MiB, GAP);
    const began = performance.now();
    const broken = await laptop.cli(['backup', '--to', areas[2]!, '--wait', '2s']);
    assert.equal(broken.code, 1, broken.stderr);
    assert.match(broken.stderr, /^holdfast: .*did not answer in \d+ tries within \d+ s/m);
    assert.ok(performance.now() - began < 20_000);
    await moved;
    const next = await laptop.cli(['backup', '--to', areas[2]!, '--json']);
    assert.equal(next.code, 0, next.stderr);
    const { set, stored } = resultOf('backup', next);
    assert.equal(set?.counter, 1);
    assert.ok(stored < 19 * MiB, `${stored} bytes: what was sent was sent again`);
    await comesBack(laptop);
  });
});
