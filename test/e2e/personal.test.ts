/** A private person, by the real command line: a key file and a phrase, a storage that reads nothing, two terminals (U4). */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Person, person } from '../world/person.ts';
import { type Ended, holdfast, thoughKilled } from './cli-command.ts';

let me: Person;
let home: string;
let place: string;

before(async () => {
  me = await person();
  home = join(me.directory, 'home');
  await mkdir(home);
  await writeFile(join(home, 'letter'), 'a secret letter');
  await writeFile(join(home, 'note'), 'a note');
});
after(() => me?.[Symbol.asyncDispose]());

/** A command of one terminal. */
const on =
  (terminal: string) =>
  (...words: string[]): Promise<Ended> =>
    holdfast(words, { env: { HOLDFAST_DEVICE_STATE: join(me.directory, terminal) } });
const laptop = on('laptop');
const desktop = on('desktop');
const key = () => ['--wim', me.wim.path, '--secret-file', me.wim.secret];
const paper = () => ['--wim', 'phrase', '--secret-file', me.phrase.secret];

async function done(command: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await command;
  assert.equal(code, 0, stderr);
  return stdout;
}

async function fails(command: Promise<Ended>, code: number, message: RegExp): Promise<void> {
  const ended = await command;
  assert.equal(ended.code, code, ended.stdout + ended.stderr);
  assert.match(ended.stderr, message);
}

test('a way back first: without one, or its refusal, there is no owner (U5)', async () => {
  await fails(laptop('device', 'init', ...key()), 2, /a way back is missing/);
  await fails(laptop('device', 'owner'), 5, /belongs to nobody yet/);
  const alone = on('alone');
  const owner = await done(alone('device', 'init', ...key(), '--alone'));
  assert.match(owner, /way back +none: refused/);
});

test('init with a key file and a phrase; the record says whose it is', async () => {
  const words = ['device', 'init', ...key(), '--phrase-file', me.phrase.secret, '--name', 'laptop'];
  const owner = await done(laptop(...words));
  assert.match(
    owner,
    /way in +key \(key file\)\nway in +recovery phrase\ndevice +laptop \(.{22}\), this one/,
  );
  await fails(laptop(...words), 2, /has an owner already/);
  const file = join(me.directory, 'issuers.json');
  await done(laptop('device', 'owner', '--issuers', file));
  assert.equal(JSON.parse(await readFile(file, 'utf8')).keys.length, 2);
});

test('backs up with the key file away', async () => {
  await fails(laptop('backup'), 2, /nothing to back up|no storage area yet/);
  const added = await done(laptop('area', 'add', me.area, ...key()));
  place = /--from (\S+)/.exec(added)![1]!;
  assert.ok(place.startsWith(`${me.area}/`));
  await done(laptop('source', 'add', 'Files', 'folder', home));
  await rename(me.wim.path, `${me.wim.path}.away`);
  const stored = await done(laptop('backup'));
  assert.match(stored, /\(number 1\) is complete/);
  await writeFile(join(home, 'second'), 'another letter');
  await done(laptop('backup'));
  assert.match(await done(laptop('sets')), /2 sets/);
  await rename(`${me.wim.path}.away`, me.wim.path);
});

test('nothing is opened without a way in', async () => {
  for (const command of [['restore', '--into', join(me.directory, 'no')], ['ls'], ['verify']])
    await fails(laptop(...command), 5, /--wim/);
  await writeFile(join(me.directory, 'wrong'), 'not the passphrase\n');
  const wrong = ['--wim', me.wim.path, '--secret-file', join(me.directory, 'wrong')];
  await fails(laptop('ls', ...wrong), 5, /passphrase does not open/);
  assert.deepEqual((await readdir(me.directory)).includes('no'), false);
});

test('restores on a terminal that has nothing but the key file, or only the phrase (N10)', async () => {
  for (const [i, way] of [key(), paper()].entries()) {
    const bare = on(`bare-${i}`);
    const into = join(me.directory, `out-${i}`);
    assert.match(await done(bare('sets', '--from', place, ...way)), /2 sets/);
    const said = await done(bare('restore', '--from', place, ...way, '--into', into));
    assert.match(said, /freshness unknown/);
    for (const name of ['letter', 'note', 'second'])
      assert.deepEqual(await readFile(join(into, 'Files', name)), await readFile(join(home, name)));
  }
  await fails(on('bare-2')('restore', '--from', me.area, ...key()), 2, /whose place/);
  await fails(on('bare-2')('backup'), 5, /not enrolled/);
});

test('a second terminal is adopted, and both back up', async () => {
  const owner = await done(desktop('device', 'init', '--from', place, ...key(), '--name', 'desktop'));
  assert.match(owner, /version 2.*laptop.*desktop \(.{22}\), this one/s);
  const other = join(me.directory, 'other');
  await mkdir(other);
  await writeFile(join(other, 'file'), 'of the desktop');
  await done(desktop('source', 'add', 'Files', 'folder', other));
  await done(desktop('backup'));
  assert.match(await done(laptop('sets')), /3 sets/);
  assert.match(await done(laptop('device', 'owner')), /desktop/);
});

test('prunes with a way in at hand, and keeps what is needed', async () => {
  await fails(laptop('prune', '--keep-last', '1'), 5, /--wim/);
  await done(laptop('prune', '--keep-last', '1', ...key()));
  assert.match(await done(laptop('verify', ...paper())), /everything is as it was stored/);
});

test('a backup file, opened by the phrase', async () => {
  const file = join(me.directory, 'stick.ipd');
  await done(laptop('backup', '--to', file));
  const into = join(me.directory, 'from-file');
  await fails(laptop('restore', '--from', file, '--into', into), 5, /--wim/);
  await done(laptop('restore', '--from', file, '--into', into, ...paper()));
  assert.equal(await readFile(join(into, 'Files', 'letter'), 'utf8'), 'a secret letter');
});

test('a terminal that was stolen is ended: what it stored counts, and it stores no more', async () => {
  await fails(laptop('device', 'end', 'tablet', ...key()), 2, /none of your devices is called "tablet"/);
  const said = await done(laptop('device', 'end', 'desktop', ...key()));
  assert.match(said, /device +desktop \(.{22}\), ended/);
  assert.match(said, /counts +chain .{22} up to set .{22} of /);
  assert.match(said, /access +ended at /);
  await fails(desktop('backup'), 5, /./);
  const device = /desktop \((.{22})\)/.exec(said)![1]!;
  const into = join(me.directory, 'of-the-desktop');
  await done(laptop('restore', '--device', device, '--into', into, ...paper()));
  assert.equal(await readFile(join(into, 'Files', 'file'), 'utf8'), 'of the desktop');
  assert.match(await done(laptop('device', 'end', 'desktop', ...paper())), /ended already/);
});

test('ended, and killed again and again: the same command completes it', async () => {
  const phone = on('phone');
  const owner = await done(phone('device', 'init', '--from', place, ...key(), '--name', 'phone'));
  const device = /phone \((.{22})\), this one/.exec(owner)![1]!;
  const other = join(me.directory, 'other-phone');
  await mkdir(other);
  await writeFile(join(other, 'file'), 'of the phone');
  await done(phone('source', 'add', 'Files', 'folder', other));
  await done(phone('backup'));
  const env = { HOLDFAST_DEVICE_STATE: join(me.directory, 'laptop') };
  const kills = await thoughKilled(['device', 'end', 'phone', ...key()], { env });
  assert.ok(kills > 0, 'it was killed at least once');
  await fails(phone('backup'), 5, /./);
  const into = join(me.directory, 'out-of-the-phone');
  await done(laptop('restore', '--device', device, '--into', into, ...paper()));
  assert.equal(await readFile(join(into, 'Files', 'file'), 'utf8'), 'of the phone');
});

test('the storage has seen nothing, and no secret is in any state', async () => {
  const files = (await readdir(me.directory, { recursive: true, withFileTypes: true })).filter(
    (entry) =>
      entry.isFile() &&
      !/passphrase|words|home|out|other|from-file|wrong/.test(join(entry.parentPath, entry.name)),
  );
  const [words, passphrase] = await Promise.all(
    [me.phrase.secret, me.wim.secret].map(async (path) => (await readFile(path, 'utf8')).trim()),
  );
  for (const { parentPath, name } of files) {
    const bytes = await readFile(join(parentPath, name), 'latin1');
    for (const secret of ['a secret letter', words!, passphrase!])
      assert.ok(!bytes.includes(secret), `${name} holds ${secret}`);
  }
  assert.ok(files.length > 20);
});

test('status and databases say whose keys open', async () => {
  const status = await done(laptop('device', 'status'));
  assert.match(status, /^owner +.{22}$/m);
  assert.match(status, new RegExp(`^destination +${me.area}`, 'm'));
  assert.match(await done(laptop('device', 'databases')), /key, recovery phrase/);
});
