/** A disk of the device that is full in the middle: of its state, and of what a restore writes to (U2, U3, U7). */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ProblemError } from '../../src/api/problem/index.ts';
import type { Ended } from '../e2e/cli-command.ts';
import { seeded } from '../world/data.ts';
import { assertSameTree, describeTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';
import { noSmallDisk, SmallDisk } from './small-disk.ts';

const KiB = 1024;
const skip = noSmallDisk ?? false;
const random = seeded(9090);
let it: World;
let phone: WorldDevice;
let home: string;
let cards: string;

before(async () => {
  it = await world({ users: { alice: { devices: ['phone', 'reader'] } } });
  phone = it.device('alice', 'phone');
  home = it.place('home');
  cards = it.place('cards.vcf');
  await mkdir(home);
  // Long names, so that the catalogue is large and what is stored is not.
  for (let i = 0; i < 900; i++)
    await writeFile(join(home, `${i} ${'name '.repeat(20)}`), random(200 + (i % 300)));
  const text = (n: number): string =>
    `BEGIN:VCARD\r\nVERSION:4.0\r\nUID:card-${n}\r\nFN:${'x'.repeat(400)}\r\nEND:VCARD\r\n`;
  await writeFile(cards, Array.from({ length: 800 }, (_, n) => text(n)).join(''));
  await phone.call('sourceAdd', { database: 'Files', kind: 'folder', path: home });
  await phone.call('sourceAdd', { database: 'Address Book', kind: 'vcard', path: cards });
});
after(() => it?.[Symbol.asyncDispose]());

/** All that is stored comes back on another device, and is whole. */
async function nothingIsLost(): Promise<void> {
  const reader = it.device('alice', 'reader');
  const into = it.place('into');
  await reader.call('restore', { device: phone.id, into });
  await assertSameTree(home, join(into, 'Files'));
  assert.deepEqual(await cardsIn(into), await readFile(cards));
  assert.deepEqual((await reader.call('verify', { device: phone.id })).damaged, []);
}

async function cardsIn(into: string): Promise<Buffer> {
  const folder = join(into, 'Address Book');
  const files = await readdir(folder);
  assert.equal(files.length, 1);
  return readFile(join(folder, files[0]!));
}

function assertFull({ code, stderr }: Ended, says: RegExp): void {
  assert.equal(code, 1, stderr);
  const lines = stderr.split('\n').filter((text) => text.startsWith('holdfast: '));
  assert.equal(lines.length, 1, stderr);
  assert.match(lines[0]!, says);
}

test('the state directory is full, at any point of a backup: 1, and it is said; with room the next one goes on', {
  skip,
}, async () => {
  using disk = new SmallDisk(phone.state, 16 << 20);
  disk.fill(100 * KiB);
  assertFull(await phone.cli(['backup']), /the state of this device in .* has no space left/);
  let [failed, done] = [0, 0];
  for (const left of [0, 12, 40, 80, 160, 300, 500, 2000]) {
    disk.fill(left * KiB);
    const before = await readdir(phone.state);
    await phone.call('backup', {}).then(
      () => done++,
      (error: unknown) => {
        assert.ok(error instanceof ProblemError && error.kind === 'failed', `${left} KiB: ${error}`);
        assert.equal(error.code, 'ERR_STATE', error.message);
        assert.ok(error.message.includes(phone.state), error.message);
        failed++;
      },
    );
    const left_over = (await readdir(phone.state)).filter((name) => name.endsWith('.tmp'));
    assert.deepEqual(
      left_over,
      before.filter((name) => name.endsWith('.tmp')),
      `${left} KiB`,
    );
  }
  assert.ok(failed > 2 && done > 0, `${failed} failed, ${done} done`);
  disk.makeRoom();
  const whole = await phone.cli(['backup']);
  assert.equal(whole.code, 0, whole.stderr);
  await nothingIsLost();

  // Full in later runs: what is there stays what it was, and what has changed comes with the next one.
  for (const left of [20, 120, 400]) {
    await writeFile(join(home, `new, ${left} KiB left`), random(50_000));
    for (let i = 0; i < 400; i++) await writeFile(join(home, `${i} ${'name '.repeat(20)}`), random(300));
    disk.fill(left * KiB);
    await phone.call('backup', {}).catch((error) => assert.equal(error.code, 'ERR_STATE', error.message));
    disk.makeRoom();
    assert.equal((await phone.call('backup', {})).complete, true);
    await nothingIsLost();
  }
  assert.deepEqual(await phone.call('backup', {}).then(({ complete, stored }) => [complete, stored]), [
    true,
    0,
  ]);
});

test('what a restore writes to is full: 1, the place is as it was; with room it is all there', {
  skip,
}, async () => {
  await phone.call('backup', {});
  const reader = it.device('alice', 'reader');
  using disk = new SmallDisk(it.place('target'), 12 << 20);
  const into = join(disk.path, 'deep', 'into');
  const args = ['restore', '--device', phone.id, '--into', into];
  for (const left of [0, 64, 900]) {
    disk.fill(left * KiB);
    const was = describeTree(disk.path);
    assertFull(await reader.cli(args), /no space left/);
    assert.deepEqual(describeTree(disk.path), was, `${left} KiB: something was left`);
  }
  disk.makeRoom();
  const restored = await reader.cli(args);
  assert.equal(restored.code, 0, restored.stderr);
  await assertSameTree(home, join(into, 'Files'));

  // Over what is there: it stays, to the byte, and goes on being used.
  const there = describeTree(into);
  await writeFile(cards, (await readFile(cards, 'utf8')).replaceAll('FN:xxx', 'FN:yyy'));
  for (let i = 0; i < 900; i++) await writeFile(join(home, `${i} ${'name '.repeat(20)}`), random(600));
  await phone.call('backup', {});
  for (const left of [0, 200, 1000]) {
    disk.fill(left * KiB);
    assertFull(await reader.cli(args), /no space left/);
    assert.deepEqual(describeTree(into), there, `${left} KiB`);
  }
  disk.makeRoom();
  assert.equal((await reader.cli(args)).code, 0);
  await assertSameTree(home, join(into, 'Files'));
  assert.deepEqual(await cardsIn(into), await readFile(cards));
});

test('room for all of it but the last step of one database: none of the others is restored either', {
  skip,
}, async () => {
  const laptop = await it.enrol('alice', 'laptop');
  const few = it.place('few');
  const mail = it.place('mail.mbox');
  await mkdir(few);
  for (let i = 0; i < 10; i++) await writeFile(join(few, `${i}`), random(10_000));
  const message = 'From a@example.org Thu Jan  1 00:00:00 2026\nSubject: x\n\n';
  await writeFile(
    mail,
    Array.from({ length: 100 }, (_, i) => `${message}${i} ${'text '.repeat(2000)}\n\n`).join(''),
  );
  // By name the folder comes first.
  await laptop.call('sourceAdd', { database: 'Files', kind: 'folder', path: few });
  await laptop.call('sourceAdd', { database: 'Messages', kind: 'mbox', path: mail });
  await laptop.call('backup', {});
  const reader = it.device('alice', 'reader');
  using disk = new SmallDisk(it.place('target'), 8 << 20);
  const into = join(disk.path, 'into');
  // Messages are put down once as they come, and once more as the file that takes its place at the end.
  for (const left of [1200, 1500, 1900]) {
    disk.fill(left * KiB);
    const was = describeTree(disk.path);
    await assert.rejects(reader.call('restore', { device: laptop.id, into }), /no space left/);
    assert.deepEqual(describeTree(disk.path), was, `${left} KiB`);
  }
  disk.makeRoom();
  await reader.call('restore', { device: laptop.id, into });
  await assertSameTree(few, join(into, 'Files'));
});
