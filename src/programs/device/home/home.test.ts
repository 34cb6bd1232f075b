import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Home, Lock, readJson, refuseOverlap, writeDurably } from './index.ts';

let scratch: string;
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-home-'));
});
after(() => rm(scratch, { recursive: true, force: true }));

const newHome = async (name: string): Promise<Home> => {
  const home = new Home(join(scratch, name));
  await home.make();
  return home;
};

test('looking leaves no trace; made once, for the user alone', async () => {
  const home = new Home(join(scratch, 'a', 'state'));
  assert.equal(await home.exists(), false);
  assert.deepEqual(await readdir(scratch), []);
  await home.make();
  await home.make();
  assert.equal(await home.exists(), true);
  assert.equal((await stat(home.path)).mode & 0o777, 0o700);
});

test('a directory with something else in it, one open to others, or a file is no state directory', async () => {
  const other = join(scratch, 'documents');
  await mkdir(other);
  await writeFile(join(other, 'letter.txt'), 'dear');
  await assert.rejects(new Home(other).make(), { code: 'ERR_STATE_DIRECTORY', kind: 'usage' });
  await assert.rejects(new Home(join(other, 'letter.txt')).exists(), { code: 'ERR_STATE_DIRECTORY' });

  const open = join(scratch, 'open');
  await mkdir(open);
  await chmod(open, 0o755);
  await assert.rejects(new Home(open).make(), { code: 'ERR_STATE_DIRECTORY' });
  assert.deepEqual(await readdir(open), []);

  const opened = await newHome('opened-later');
  await chmod(opened.path, 0o750);
  await assert.rejects(opened.exists(), { code: 'ERR_STATE_DIRECTORY' });
});

test('keys are not put into an empty directory of another account', async (t) => {
  // Only root can write to one, and give one away.
  if (process.getuid?.() !== 0) return t.skip('needs root');
  const other = join(scratch, 'given');
  await mkdir(other, { mode: 0o700 });
  await chown(other, 65_534, 65_534);
  await assert.rejects(new Home(other).make(), { code: 'ERR_STATE_DIRECTORY' });
  assert.deepEqual(await readdir(other), []);
});

test('a lock is had once, in this process too, and free again when released', async () => {
  const home = await newHome('lock');
  const first = await Lock.take(home, 'run', { task: 'backup' });
  await assert.rejects(Lock.take(home, 'run', { task: 'restore' }), (error: Error & { code: string }) => {
    assert.equal(error.code, 'ERR_BUSY');
    assert.match(error.message, new RegExp(`process ${process.pid} \\(backup\\)`));
    return true;
  });
  const other = await Lock.take(home, 'sources', { task: 'other' });
  setTimeout(() => first.release(), 60);
  const second = await Lock.take(home, 'run', { task: 'restore', wait: 2000 });
  second.release();
  other.release();
});

test('a lock ends with its process, however that ends', async () => {
  const home = await newHome('crash');
  const script = `
    import { Home, Lock } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
    globalThis.kept = await Lock.take(new Home(${JSON.stringify(home.path)}), 'run', { task: 'backup' });
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await assert.rejects(Lock.take(home, 'run', { task: 'mine' }), { code: 'ERR_BUSY' });
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  (await Lock.take(home, 'run', { task: 'mine' })).release();
});

test('paths in, around and at the state directory are refused, through links too', async () => {
  const home = await newHome('apart/state');
  const refused = { code: 'ERR_USAGE', kind: 'usage' };
  await assert.rejects(refuseOverlap(home, home.path), refused);
  await assert.rejects(refuseOverlap(home, join(home.path, 'not', 'there', 'yet')), refused);
  await assert.rejects(refuseOverlap(home, join(scratch, 'apart')), refused);
  await assert.rejects(refuseOverlap(home, '/'), refused);
  await symlink(home.path, join(scratch, 'link'));
  await assert.rejects(refuseOverlap(home, join(scratch, 'link')), refused);
  await assert.rejects(refuseOverlap(home, join(scratch, 'link', 'new')), refused);
  await refuseOverlap(home, `${home.path}-beside`);
  await refuseOverlap(home, join(scratch, 'elsewhere', 'new'));
});

test('a file is replaced whole, for the user alone; damage is named', async () => {
  const home = await newHome('write');
  const path = join(home.path, 'x.json');
  assert.equal(await readJson(path, Number), undefined);
  await writeDurably(path, '1');
  await writeDurably(path, '2');
  assert.equal(await readJson(path, Number), 2);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  await writeFile(path, '{');
  await assert.rejects(readJson(path, Number), { code: 'ERR_STATE' });
  assert.deepEqual((await readdir(home.path)).sort(), ['device.json', 'x.json']);
});
