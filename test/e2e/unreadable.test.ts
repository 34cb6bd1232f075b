/** What an ordinary account may not read is named, carries over as it was, and is never deleted (U6). Root reads everything. */
import assert from 'node:assert/strict';
import { chmod, chown, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { resultOf } from '../world/device.ts';
import { assertSameTree } from '../world/trees.ts';
import { type World, world } from '../world.ts';
import { type Ended, holdfast, type RunOptions } from './cli-command.ts';

/** `nobody` nearly everywhere; any number does. */
const NOBODY = 65_534;
const root = process.getuid?.() === 0;
const ordinary: RunOptions = root ? { uid: NOBODY, cwd: '/' } : {};
const skip = await (async (): Promise<string | false> => {
  if (process.platform === 'win32') return 'files have no modes here';
  const { code } = await holdfast(['--version'], ordinary);
  return code === 0 ? false : 'the clone has to lie where an ordinary account may read it';
})();

let it: World;
let place: string;
let home: string;
let state: string;

before(async () => {
  it = await world({ users: { alice: { devices: ['reader'] } } });
  // The way there is open to that account, and only to what is its own.
  await chmod(it.directory, 0o711);
  place = it.place('ordinary');
  home = join(place, 'home');
  state = join(place, 'state');
  await mkdir(join(home, 'closed', 'deep'), { recursive: true });
  await mkdir(join(home, 'listed only'));
  for (const path of ['a', 'secret', 'closed/inside', 'closed/deep/down', 'listed only/in it'])
    await writeFile(join(home, path), `first ${path}`);
  await writeFile(join(place, 'mail.mbox'), 'From a@example.org Thu Jan  1 00:00:00 2026\n\nhello\n');
  await give(place);
  const { code } = await it.admin.makeCode({ user: 'alice' });
  await writeFile(join(place, 'code'), code, { mode: 0o600 });
  await give(place);
  await runs(['device', 'enrol', '--code-file', join(place, 'code')], 0);
  await runs(['source', 'add', 'Files', 'folder', home], 0);
  await runs(['source', 'add', 'Messages', 'mbox', join(place, 'mail.mbox')], 0);
});
after(async () => {
  if (home !== undefined) await open();
  await it?.[Symbol.asyncDispose]();
});

/** All that lies there is that account's. */
async function give(path: string): Promise<void> {
  if (!root) return;
  await chown(path, NOBODY, NOBODY);
  for (const entry of await readdir(path, { recursive: true }))
    await chown(join(path, entry), NOBODY, NOBODY);
}

async function runs(args: readonly string[], expected: number): Promise<Ended> {
  const ended = await holdfast([...args, '--state', state], ordinary);
  assert.equal(ended.code, expected, `${args.join(' ')}: ${ended.stderr}`);
  return ended;
}

const CLOSED = ['secret', 'closed', 'listed only'];
const close = async (): Promise<void> => {
  await chmod(join(home, 'secret'), 0);
  await chmod(join(home, 'closed'), 0);
  await chmod(join(home, 'listed only'), 0o400);
};
const open = async (): Promise<void> => {
  for (const path of CLOSED) await chmod(join(home, path), path === 'secret' ? 0o644 : 0o755).catch(() => {});
};

test('files and directories that may not be read: 3, each named; what was stored of them stays', {
  skip,
}, async () => {
  await runs(['backup'], 0);
  const then = it.place('then');
  await cp(home, then, { recursive: true, preserveTimestamps: true });
  for (const path of ['secret', 'closed/inside', 'listed only/in it'])
    await writeFile(join(home, path), 'not to be seen yet');
  await rm(join(home, 'a'));
  await writeFile(join(home, 'b'), 'new');
  await give(place);
  await close();

  const part = await runs(['backup', '--json'], 3);
  const { leftOut, complete, databases } = resultOf('backup', part);
  assert.equal(complete, false);
  const named = leftOut.map(({ item, database }) => `${database}: ${item}`).sort();
  assert.deepEqual(named, ['Files: closed/', 'Files: listed only/in it', 'Files: secret']);
  for (const { reason } of leftOut) assert.match(reason, /permission denied/);
  const files = databases.find(({ database }) => database === 'Files');
  assert.deepEqual([files?.added, files?.deleted], [1, 1], 'only what is gone is deleted');
  const { stderr } = await runs(['backup'], 3);
  assert.match(stderr, /^holdfast: not everything was backed up: 3 entries left out/m);

  const into = it.place('into');
  const reader = it.device('alice', 'reader');
  const { sets } = await reader.call('sets', {});
  const device = sets[0]!.device;
  await reader.call('restore', { device, into });
  for (const path of ['secret', 'closed/inside', 'closed/deep/down', 'listed only/in it'])
    assert.equal(await readFile(join(into, 'Files', path), 'utf8'), `first ${path}`);
  assert.equal(await readFile(join(into, 'Files', 'b'), 'utf8'), 'new');

  // Readable again: the next one has it as it is now.
  await open();
  await runs(['backup'], 0);
  const now = it.place('now');
  await reader.call('restore', { device, into: now });
  assert.equal(await readFile(join(now, 'Files', 'secret'), 'utf8'), 'not to be seen yet');
  await assertSameTree(home, join(now, 'Files'));
});

test('a whole source that may not be read, or whose folder may not: 3, the others are backed up, nothing is gone', {
  skip,
}, async () => {
  const mail = join(place, 'mail.mbox');
  const text = await readFile(mail);
  await chmod(mail, 0);
  await writeFile(join(home, 'c'), 'newer');
  await give(home);
  const ended = await runs(['backup', '--json'], 3);
  const { leftOut, databases } = resultOf('backup', ended);
  assert.deepEqual([leftOut.length, leftOut[0]?.database, leftOut[0]?.item], [1, 'Messages', undefined]);
  assert.match(leftOut[0]!.reason, /permission denied/);
  assert.ok(databases.every(({ deleted }) => deleted === 0));
  await chmod(mail, 0o644);
  await chmod(home, 0);
  assert.match((await runs(['backup'], 3)).stderr, /not everything was backed up/);
  await chmod(home, 0o755);

  const reader = it.device('alice', 'reader');
  const into = it.place('into');
  const { sets } = await reader.call('sets', {});
  await reader.call('restore', { device: sets[0]!.device, into });
  await assertSameTree(home, join(into, 'Files'));
  const [file] = await readdir(join(into, 'Messages'));
  assert.deepEqual(await readFile(join(into, 'Messages', file!)), text);
});

test('a place that may not be written to: 1 or 3 with the reason, and nothing else is touched', {
  skip,
}, async () => {
  const target = join(place, 'target');
  await mkdir(target);
  await give(target);
  await chmod(target, 0o555);
  const { stderr } = await runs(['restore', '--into', join(target, 'x')], 1);
  assert.match(stderr, /^holdfast: .*permission denied/m);
  await chmod(target, 0o755);
  await runs(['restore', '--into', join(target, 'x')], 0);
  await assertSameTree(home, join(target, 'x', 'Files'));
});
