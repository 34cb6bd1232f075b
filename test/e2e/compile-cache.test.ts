/** Compiled modules are kept for the next command, where nobody else can put any. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { holdfast } from './cli-command.ts';

let home: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-cache-'));
});
after(() => rm(home, { recursive: true, force: true }));

const version = (cache: string) => holdfast(['--version'], { env: { XDG_CACHE_HOME: cache } });

test('a directory of its own, which only its owner may enter', async () => {
  assert.equal((await version(home)).code, 0);
  assert.deepEqual(await readdir(join(home, 'holdfast')), ['compiled']);
  assert.equal((await version(home)).code, 0);
});

test('one that others may write to, or a link to elsewhere, is not used', async () => {
  const open = join(home, 'open');
  await mkdir(join(open, 'holdfast'), { recursive: true });
  await chmod(join(open, 'holdfast'), 0o777);
  const elsewhere = join(home, 'elsewhere');
  const linked = join(home, 'linked');
  await mkdir(elsewhere);
  await mkdir(linked);
  await symlink(elsewhere, join(linked, 'holdfast'));
  for (const cache of [open, linked]) assert.equal((await version(cache)).code, 0);
  assert.deepEqual(await readdir(join(open, 'holdfast')), []);
  assert.deepEqual(await readdir(elsewhere), []);
});

test('without a place for it everything works', async () => {
  const nowhere = join(home, 'not', 'there');
  assert.equal((await version(nowhere)).code, 0);
  assert.deepEqual((await readdir(home)).includes('not'), false);
});
