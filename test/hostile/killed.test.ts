/** A device process that is killed in the middle of a backup: the next run completes it, and nothing is there twice (U3). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { spawnHoldfast } from '../e2e/cli-command.ts';
import { pick, seeded } from '../world/data.ts';
import { resultOf } from '../world/device.ts';
import { assertSameTree, describeTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';
import { HostileStorage, kindOf, type ObjectKind } from './storage.ts';

const random = seeded(20_261_121);
let it: World;
let storage: HostileStorage;
let home: string;
let count = 0;

before(async () => {
  it = await world({ hostile: true, users: { alice: {} } });
  storage = new HostileStorage(it);
  home = it.place('home');
  await mkdir(join(home, 'photos'), { recursive: true });
  for (let i = 0; i < 40; i++) await writeFile(join(home, `note ${i}`), random(300 + pick(random, 3000)));
  for (let i = 0; i < 14; i++)
    await writeFile(join(home, 'photos', `${i}.jpg`), random(1_700_000 + pick(random, 9)));
});
after(() => it?.[Symbol.asyncDispose]());

interface Moment {
  readonly kind: ObjectKind;
  /** Which object of this kind, from 1. */
  readonly number: number;
  /** `before` it is stored; or `after`, and the device does not hear of it. */
  readonly when: 'before' | 'after';
}

/** Runs a backup by the real command until that moment. */
async function killedAt(device: WorldDevice, { kind, number, when }: Moment): Promise<void> {
  const child = spawnHoldfast(['backup', '--state', device.state]);
  const exited = once(child, 'exit');
  let seen = 0;
  using _ = it.areaProxy.rule(async (asked, pass) => {
    if (asked.method !== 'PUT' || kindOf(asked.url, asked.body) !== kind || ++seen !== number) return pass();
    if (when === 'after') await pass();
    child.kill('SIGKILL');
    return undefined;
  });
  const [, signal] = await exited;
  assert.equal(signal, 'SIGKILL', 'it ended before that moment');
}

async function killedAfter(device: WorldDevice, ms: number): Promise<void> {
  const child = spawnHoldfast(['backup', '--state', device.state]);
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  await once(child, 'exit');
  clearTimeout(timer);
}

const bytesOf = (device: WorldDevice): number =>
  storage.of(device.id).reduce((sum, { bytes }) => sum + bytes.length, 0);

async function phone(): Promise<WorldDevice> {
  const device = await it.enrol('alice', `phone ${count++}`);
  await device.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
  return device;
}

/** The next run completes what was begun; another device gets everything once. */
async function completes(device: WorldDevice): Promise<void> {
  const { code, stderr } = await device.cli(['backup']);
  assert.equal(code, 0, stderr);
  const reader = await it.enrol('alice', `reader ${count++}`);
  const into = it.place('into');
  const restored = await reader.cli(['restore', '--device', device.id, '--into', into, '--json']);
  assert.equal(restored.code, 0, restored.stderr);
  await assertSameTree(home, join(into, 'Files'));
  const [database] = resultOf('restore', restored).databases;
  assert.equal(database?.added, describeTree(home).size);
  const { damaged } = await reader.call('verify', { device: device.id });
  assert.deepEqual(damaged, []);
  // And from then on as if nothing had happened.
  const again = await device.call('backup', {});
  assert.deepEqual([again.complete, again.stored], [true, 0]);
}

let clean = 0;

test('not killed, for comparison', async () => {
  const device = await phone();
  await completes(device);
  clean = bytesOf(device);
});

const moments: readonly Moment[] = [
  { kind: 'data', number: 1, when: 'before' },
  { kind: 'data', number: 2 + pick(random, 2), when: 'after' },
  { kind: 'index', number: 1, when: 'before' },
  { kind: 'envelope', number: 1, when: 'after' },
  { kind: 'manifest', number: 1, when: 'before' },
  { kind: 'manifest', number: 1, when: 'after' },
];

for (const moment of moments) {
  test(`killed ${moment.when} ${moment.kind} ${moment.number} is stored`, async () => {
    const device = await phone();
    await killedAt(device, moment);
    await completes(device);
    // What had been stored when it was killed is used, but for two segments that were on their way.
    const lost = bytesOf(device) - clean;
    assert.ok(lost < 2.2 * 8 * 1024 * 1024, `${lost} bytes were stored twice`);
    if (moment.kind !== 'data') {
      const manifests = storage.of(device.id).filter(({ kind }) => kind === 'manifest');
      assert.ok(lost < 100_000, `${lost} bytes were stored twice`);
      assert.equal(new Set(manifests.map(({ path }) => path.split('/').at(-1))).size, manifests.length);
    }
  });
}

test('killed again and again, at any time', async () => {
  const device = await phone();
  for (let i = 0; i < 4; i++) await killedAfter(device, 150 + pick(random, 700));
  await completes(device);
});
