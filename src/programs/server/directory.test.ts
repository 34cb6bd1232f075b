import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { claimDirectory } from './directory.ts';
import { start } from './index.ts';
import { silent } from './world.test.ts';

const refused = { code: 'ERR_SERVER_DIRECTORY', kind: 'usage' };

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-directory-'));
  t.after(() => rm(directory, { recursive: true }));
  return directory;
}

test('a directory with other things in it is refused, and nothing is written to it', async (t) => {
  const directory = await scratch(t);
  await writeFile(join(directory, 'passwd'), 'root:x:0:0\n');
  await assert.rejects(start({ state: directory, log: silent }), refused);
  await assert.rejects(start({ state: join(directory, 'passwd'), log: silent }), refused);
  await assert.rejects(start({ state: join(directory, 'passwd', 'in'), log: silent }), refused);
  assert.deepEqual(await readdir(directory), ['passwd']);
  assert.equal(await readFile(join(directory, 'passwd'), 'utf8'), 'root:x:0:0\n');
});

test('a new or empty directory is taken, and known again, also through a link', async (t) => {
  const directory = await scratch(t);
  const made = join(directory, 'a', 'state');
  for (let n = 0; n < 2; n++) await claimDirectory(made);
  assert.deepEqual(await readdir(made), ['server.json']);
  assert.equal((await stat(made)).mode & 0o777, 0o700);
  const empty = join(directory, 'empty');
  await mkdir(empty, { mode: 0o700 });
  await writeFile(join(empty, 'server.json.0123456789ab'), 'what a crash left');
  await claimDirectory(empty);
  await writeFile(join(empty, 'more'), '');
  await symlink(empty, join(directory, 'link'));
  await claimDirectory(join(directory, 'link'));
});

test('a directory that is open to others is refused, new or known', {
  skip: process.platform === 'win32' ? 'Windows has no such modes' : false,
}, async (t) => {
  const directory = await scratch(t);
  await chmod(directory, 0o755);
  await assert.rejects(claimDirectory(directory), refused);
  assert.deepEqual(await readdir(directory), []);
  await chmod(directory, 0o700);
  await claimDirectory(directory);
  await chmod(directory, 0o750);
  await assert.rejects(claimDirectory(directory), refused);
});

test('one of another program or layout is refused', async (t) => {
  const directory = await scratch(t);
  await claimDirectory(directory);
  for (const text of ['{"kind":"holdfast server","v":2}', '{"kind":"holdfast device","v":1}', 'x', '']) {
    await writeFile(join(directory, 'server.json'), text);
    await assert.rejects(claimDirectory(directory), refused);
  }
});
