/** The real command line: which set is meant, what has changed between two, and what each restore would do. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { resultOf } from '../world/device.ts';
import { describeTree } from '../world/trees.ts';
import { type World, type WorldDevice, world } from '../world.ts';

let it: World;
let phone: WorldDevice;
let tablet: WorldDevice;
let home: string;
let cards: string;
const made: { set: string; time: number }[] = [];

const card = (name: string, phone: string): string =>
  `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${name}\r\nFN:${name}\r\nTEL:${phone}\r\nEND:VCARD\r\n`;

before(async () => {
  it = await world({ users: { alice: { devices: ['phone', 'tablet'] } } });
  [phone, tablet] = [it.device('alice', 'phone'), it.device('alice', 'tablet')];
  [home, cards] = [it.place('home'), `${it.place('cards')}.vcf`];
  await mkdir(home);
  await writeFile(cards, '');
  await phone.call('sourceAdd', { database: 'Files', kind: 'folder', path: home, label: 'home' });
  await phone.call('sourceAdd', { database: 'Address Book', kind: 'vcard', path: cards });
  await state({ letter: 'the first', gone: 'gone later' }, { Ann: '1', Bob: '2' });
  await state({ letter: 'the second, longer', late: 'new' }, { Ann: '1', Bob: '22', Cem: '3' });
  await state({ letter: 'the third', late: 'new' }, { Ann: '1', Bob: '22', Cem: '3' });
});
after(() => it?.[Symbol.asyncDispose]());

/** Everything is like this now, and is backed up. */
async function state(files: Record<string, string>, contacts: Record<string, string>): Promise<void> {
  await rm(home, { recursive: true });
  await mkdir(home);
  for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text);
  await writeFile(
    cards,
    Object.entries(contacts)
      .map(([name, number]) => card(name, number))
      .join(''),
  );
  const { set } = await phone.call('backup', {});
  made.push({ set: set!.set, time: set!.time });
}

async function ok(device: WorldDevice, ...args: string[]) {
  const ended = await device.cli(args);
  assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stderr}`);
  return ended;
}

const iso = (time: number): string => new Date(time).toISOString();

test('restore, ls, verify --at: the newest set made by then', async () => {
  for (const [i, { set, time }] of made.entries()) {
    const at = ['--at', iso(time)];
    const into = it.place('into');
    const restored = resultOf('restore', await ok(tablet, 'restore', '--into', into, ...at, '--json'));
    assert.equal(restored.set.set, set);
    assert.equal(
      await readFile(join(into, 'Files/letter'), 'utf8'),
      ['the first', 'the second, longer', 'the third'][i],
    );
    assert.equal(resultOf('ls', await ok(tablet, 'ls', ...at, '--json')).set.set, set);
    assert.equal(resultOf('verify', await ok(tablet, 'verify', ...at, '--json')).set.set, set);
  }
  assert.equal(resultOf('ls', await ok(tablet, 'ls', '--at', '0001s', '--json')).set.set, made[2]!.set);
});

test('--at with nothing so old: 2, and the oldest is named; nothing is written', async () => {
  const into = it.place('into');
  for (const command of [['restore', '--into', into], ['ls'], ['verify']]) {
    const { code, stderr } = await tablet.cli([...command, '--at', '3d']);
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(`the oldest is ${made[0]!.set} of ${iso(made[0]!.time)}`), stderr);
  }
  await assert.rejects(async () => describeTree(into), { code: 'ENOENT' });
  for (const args of [
    ['--at', 'yesterday'],
    ['--at', iso(made[0]!.time), '--set', made[0]!.set],
  ]) {
    const { code, stderr } = await tablet.cli(['ls', ...args]);
    assert.equal(code, 2, stderr);
  }
});
