/** A backup file by the real command line (B10, B11, B13, B14): made, read, broken off, refused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, lstat, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { openIpdFile } from '../../src/destinations/ipd-file/index.ts';
import { writeLarge } from '../world/data.ts';
import { resultOf } from '../world/device.ts';
import { assertSameTree } from '../world/trees.ts';
import { ALLOW_ALL, type World, type WorldDevice, world } from '../world.ts';
import { spawnHoldfast } from './cli-command.ts';

const CARDS = 'BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:Eva Muster\r\nN:Muster;Eva;;;\r\nEND:VCARD\r\n';

let it: World;
let phone: WorldDevice;
let photos: string;
let games: string;

const policy = (more: object = {}, restore?: string) => ({
  ...ALLOW_ALL,
  databases: {
    ...ALLOW_ALL.databases,
    Games: { encrypt: 'none', plain: 'send' },
    'Voice Mail': { backup: 'deny' },
    ...more,
  },
  ...(restore === undefined ? {} : { restore: { unencrypted: restore } }),
});

before(async () => {
  it = await world({
    users: { alice: { devices: ['phone', 'tablet'] }, bob: { devices: ['phone'] } },
    policies: [policy()],
  });
  phone = it.device('alice', 'phone');
  [photos, games] = [it.place('photos'), it.place('games')];
  const cards = it.place('contacts.vcf');
  await writeFile(cards, CARDS);
  await mkdir(photos);
  for (let n = 0; n < 30; n++) writeLarge(join(photos, `photo ${n}`), 700_000, n);
  writeLarge(join(photos, 'film'), 9_000_000, 77);
  await mkdir(games);
  await writeFile(join(games, 'score'), 'highest score: 4711');
  await phone.call('sourceAdd', { database: 'Address Book', kind: 'vcard', path: cards, label: 'cards' });
  await phone.call('sourceAdd', { database: 'Fotos für Zoë', kind: 'folder', path: photos });
  await phone.call('sourceAdd', { database: 'Games', kind: 'folder', path: games });
  await phone.call('sourceAdd', { database: 'Voice Mail', kind: 'folder', path: games, label: 'voice' });
});
after(() => it?.[Symbol.asyncDispose]());

const accept = async (restore: string): Promise<void> => {
  await it.applyPolicies(policy({}, restore));
};

test('made, listed, verified and restored on another device of the user', async () => {
  await accept('accept');
  const tablet = it.device('alice', 'tablet');
  const file = `${it.place('stick')}.ipd`;
  const made = await phone.cli(['backup', '--to', file]);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stderr, /"Games" goes into the file unencrypted, as policy everyone says/);
  assert.match(made.stdout, /left out: Voice Mail.*everyone/);

  // What any reader of the format sees: real names, a record for each item.
  const { databases, ...opened } = await openIpdFile(file);
  await opened.close();
  assert.deepEqual(
    databases.map(({ name, records }) => [name, name === 'Fotos für Zoë' ? records > 30 : records]),
    [
      ['Address Book', 1],
      ['Fotos für Zoë', true],
      ['Games', 1],
      ['Holdfast', databases.at(-1)?.records],
    ],
  );

  const sets = resultOf('sets', await tablet.cli(['sets', '--from', file, '--json']));
  assert.deepEqual(
    [sets.sets.length, sets.sets[0]?.counter, sets.sets[0]?.unfinished, sets.freshness.kind],
    [1, 1, undefined, 'known'],
  );
  const listed = await tablet.cli(['ls', '--from', file, '--database', 'Address Book']);
  assert.match(listed.stdout, /Eva Muster/);
  const verified = resultOf('verify', await tablet.cli(['verify', '--from', file, '--json']));
  assert.deepEqual([verified.damagedCount, verified.items], [0, 33]);

  const into = it.place('into');
  const restored = await tablet.cli(['restore', '--from', file, '--into', into]);
  assert.equal(restored.code, 0, restored.stderr);
  await assertSameTree(photos, join(into, 'Fotos für Zoë'));
  assert.equal(await readFile(join(into, 'Games', 'score'), 'utf8'), 'highest score: 4711');
  assert.equal(await readFile(join(into, 'Address Book', 'contacts.vcf'), 'utf8'), CARDS);
  // The area knows nothing of it.
  assert.deepEqual((await phone.call('sets', {})).sets, []);
});

test('a relative path, a file that is there, a dry run', async () => {
  const folder = it.place('here');
  await mkdir(folder);
  const args = ['backup', '--database', 'Address Book', '--to', 'cards.ipd'];
  const dry = await phone.cli([...args, '--dry-run'], { cwd: folder });
  assert.equal(dry.code, 0, dry.stderr);
  assert.deepEqual(await readdir(folder), []);
  assert.equal((await phone.cli(args, { cwd: folder })).code, 0);
  assert.deepEqual(await readdir(folder), ['cards.ipd']);
  const before = await stat(join(folder, 'cards.ipd'));
  const again = await phone.cli(args, { cwd: folder });
  assert.equal(again.code, 2, again.stderr);
  assert.match(again.stderr, /--replace/);
  assert.equal((await stat(join(folder, 'cards.ipd'))).ino, before.ino);
  assert.equal((await phone.cli([...args, '--replace'], { cwd: folder })).code, 0);
  assert.notEqual((await stat(join(folder, 'cards.ipd'))).ino, before.ino);

  const text = await phone.cli(['backup', '--to', join(folder, 'backup.txt')]);
  assert.equal(text.code, 2, text.stderr);
  const inside = await phone.cli(['backup', '--to', join(photos, 'x.ipd')]);
  assert.equal(inside.code, 2, inside.stderr);
  assert.match(inside.stderr, /lies in source/);
  assert.equal((await phone.cli(['backup', '--replace'])).code, 2);
});

test('broken off: up to the last checkpoint, and said; without one: 6', async () => {
  await accept('accept');
  const file = `${it.place('stick')}.ipd`;
  await phone.call('backup', { to: file });
  const broken = `${it.place('stick')}.ipd`;
  await copyFile(file, broken);
  await truncate(broken, 25_000_000);
  const into = it.place('into');
  const restored = await phone.cli(['restore', '--from', broken, '--into', into]);
  assert.equal(restored.code, 3, restored.stderr);
  assert.match(restored.stderr, /broke off while it was made/);
  for (const name of await readdir(join(into, 'Fotos für Zoë')))
    assert.deepEqual(
      await readFile(join(into, 'Fotos für Zoë', name)),
      await readFile(join(photos, name)),
      name,
    );
  assert.ok((await readdir(join(into, 'Fotos für Zoë'))).length >= 10);
  for (const command of ['sets', 'ls', 'verify'])
    assert.equal((await phone.cli([command, '--from', broken])).code, 3, command);

  await truncate(broken, 1_000_000);
  const nothing = await phone.cli(['restore', '--from', broken, '--into', it.place('into')]);
  assert.equal(nothing.code, 6, nothing.stderr);
  assert.match(nothing.stderr, /no set is in it/);
});

test('stopped or killed while it grows: what is left is usable, and the next run begins anew', async () => {
  const busy = await it.enrol('alice', 'busy');
  const path = it.place('many');
  await mkdir(path);
  for (let n = 0; n < 90; n++) writeLarge(join(path, `photo ${n}`), 1_000_000, n);
  await busy.call('sourceAdd', { database: 'Pictures', kind: 'folder', path });
  const file = `${it.place('stick')}.ipd`;
  const partial = `${file}.partial`;
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const child = spawnHoldfast(['backup', '--to', file, '--state', busy.state]);
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => (said += text));
    const closed = once(child, 'close');
    while ((await sizeOf(partial)) < 12_000_000 && child.exitCode === null) await setTimeout(2);
    child.kill(signal);
    const [code] = await closed;
    if (signal === 'SIGINT') {
      assert.equal(code, 130, said);
      assert.match(said, /partial is usable up to its last checkpoint/);
      assert.match(said, /begins a new file/);
    } else assert.equal(child.signalCode, 'SIGKILL', said);
    assert.equal(await sizeOf(file), 0, 'it has its name before it is complete');

    const absent = await busy.cli(['restore', '--from', file, '--into', it.place('into')]);
    assert.equal(absent.code, 2, absent.stderr);
    assert.match(absent.stderr, /\.partial may be usable/);
    const into = it.place('into');
    assert.equal((await busy.call('restore', { from: partial, into })).set.unfinished, true);
    const restored = await readdir(join(into, 'Pictures'));
    assert.ok(restored.length >= 3, `${restored.length} restored`);
    for (const name of restored)
      assert.deepEqual(await readFile(join(into, 'Pictures', name)), await readFile(join(path, name)), name);
  }
  assert.equal((await busy.call('backup', { to: file })).complete, true);
  assert.equal(await sizeOf(partial), 0);
  const into = it.place('into');
  await busy.call('restore', { from: file, into });
  await assertSameTree(path, join(into, 'Pictures'));
});

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

test('an altered byte: 6; another user: 5; nobody: 5; nothing is written', async () => {
  const file = `${it.place('stick')}.ipd`;
  await phone.call('backup', { databases: ['Address Book'], to: file });
  const bytes = await readFile(file);
  const altered = `${it.place('stick')}.ipd`;
  // Behind the list of names: the record that opens a segment, then the first frame.
  const opening = bytes.indexOf('Holdfast\0') + 9;
  const frame = opening + 6 + bytes.readUInt32LE(opening + 2);
  const signature = bytes.length - 20;
  for (const place of [frame + 30, signature]) {
    const copy = Buffer.from(bytes);
    copy[place]! ^= 1;
    await writeFile(altered, copy);
    await refused(phone, altered, 6);
  }
  await refused(it.device('bob', 'phone'), file, 5);
  await refused(it.stranger('nobody'), file, 5);
});

async function refused(device: WorldDevice, file: string, code: number, says = /holdfast: /): Promise<void> {
  const into = it.place('into');
  const ended = await device.cli(['restore', '--from', file, '--into', into]);
  assert.equal(ended.code, code, ended.stderr);
  assert.match(ended.stderr, says);
  assert.equal(await lstat(into).catch(() => undefined), undefined, 'something was written');
}

test('a lost phone is ended; its file still comes back on another device', async () => {
  const lost = await it.enrol('alice', 'lost');
  await lost.call('sourceAdd', { database: 'Games', kind: 'folder', path: games });
  await it.applyPolicies(policy({ Games: { encrypt: 'user' } }));
  const file = `${it.place('stick')}.ipd`;
  await lost.call('backup', { to: file });
  await it.admin.revokeDevice(lost.id);
  await refused(lost, file, 5);
  const into = it.place('into');
  const restored = await it.device('alice', 'tablet').cli(['restore', '--from', file, '--into', into]);
  assert.equal(restored.code, 0, restored.stderr);
  await assertSameTree(games, join(into, 'Games'));
  await it.applyPolicies(policy());
});

test('a device that is ended while its file grows does not finish it', async () => {
  const ending = await it.enrol('alice', 'ending');
  const path = it.place('many');
  await mkdir(path);
  for (let n = 0; n < 120; n++) writeLarge(join(path, `photo ${n}`), 1_000_000, n);
  await ending.call('sourceAdd', { database: 'Pictures', kind: 'folder', path });
  const file = `${it.place('stick')}.ipd`;
  const made = ending.call('backup', { to: file });
  const refused = assert.rejects(made, { kind: 'no-key' });
  while ((await sizeOf(`${file}.partial`)) < 5_000_000) await setTimeout(2);
  await it.admin.revokeDevice(ending.id);
  await ending.call('refresh', {}).catch(() => {});
  await refused;
  assert.equal(await sizeOf(file), 0);
  // What it had sealed until then nobody vouches for any more.
  const left = it
    .device('alice', 'tablet')
    .call('restore', { from: `${file}.partial`, into: it.place('into') });
  await assert.rejects(left, { code: /ERR_NO_SETS|ERR_FILE_MISSING/ });
});

test('unencrypted databases: left out of the area, in the file by policy, restored by policy', async () => {
  await it.applyPolicies(policy());
  const area = await phone.cli(['backup', '--database', 'Games', '--database', 'Address Book']);
  assert.equal(area.code, 4, area.stderr);
  const whole = await phone.cli(['backup']);
  assert.equal(whole.code, 0, whole.stderr);
  assert.match(whole.stdout, /left out: Games.*policy everyone.*only a backup file takes it plain/);

  const file = `${it.place('stick')}.ipd`;
  await phone.call('backup', { databases: ['Games', 'Address Book'], to: file });
  assert.ok((await readFile(file, 'latin1')).includes('highest score: 4711'));

  // No policy says: the restore ends. Then each of the other answers.
  await refused(phone, file, 4, /Games/);
  await accept('end');
  await refused(phone, file, 4, /policy everyone.*Games/);
  await accept('refuse-file');
  await refused(phone, file, 4, /policy everyone/);
  await accept('refuse-database');
  const into = it.place('into');
  const some = await phone.cli(['restore', '--from', file, '--into', into]);
  assert.equal(some.code, 3, some.stderr);
  assert.match(some.stdout, /left out: Games.*policy everyone/);
  assert.deepEqual(await readdir(into), ['Address Book']);
  await accept('accept');
  const all = it.place('into');
  assert.equal((await phone.call('restore', { from: file, into: all })).complete, true);
  assert.deepEqual((await readdir(all)).sort(), ['Address Book', 'Games']);

  await it.applyPolicies(policy({ Games: { encrypt: 'none', plain: 'skip' } }));
  const skipped = `${it.place('stick')}.ipd`;
  const byName = phone.call('backup', { databases: ['Games'], to: skipped });
  await assert.rejects(byName, { kind: 'refused', message: /policy everyone says not to send it plain/ });
  const left = await phone.call('backup', { to: skipped });
  assert.deepEqual(
    left.leftOut.map(({ database, code, policy }) => [database, code, policy]),
    [
      ['Games', 'skipped', 'everyone'],
      ['Voice Mail', 'denied', 'everyone'],
    ],
  );
  assert.ok(!(await readFile(skipped, 'latin1')).includes('highest score'));
});
