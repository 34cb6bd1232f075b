import assert from 'node:assert/strict';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareTrees } from './compare.ts';

test('a copy is the same; each kind of difference is found and named', async () => {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-compare-'));
  try {
    const [a, b] = [join(root, 'a'), join(root, 'b')];
    await mkdir(join(a, 'deep/empty'), { recursive: true });
    await writeFile(join(a, 'one'), 'content');
    await writeFile(join(a, 'deep/two'), '');
    await symlink('one', join(a, 'link'));
    await cp(a, b, { recursive: true, verbatimSymlinks: true });
    assert.deepEqual(await compareTrees(a, b), { same: 4, bytes: 7, different: [] });

    await writeFile(join(b, 'one'), 'c0ntent');
    assert.deepEqual((await compareTrees(a, b)).different, ['one']);
    await writeFile(join(b, 'one'), 'content');
    await chmod(join(b, 'one'), 0o600);
    await chmod(join(a, 'one'), 0o644);
    assert.deepEqual((await compareTrees(a, b)).different, ['one']);
    await chmod(join(a, 'one'), 0o600);
    await rm(join(b, 'link'));
    await symlink('two', join(b, 'link'));
    await writeFile(join(b, 'more'), 'x');
    await rm(join(a, 'deep/empty'), { recursive: true });
    assert.deepEqual((await compareTrees(a, b)).different, ['deep/empty', 'link', 'more']);
  } finally {
    await rm(root, { recursive: true });
  }
});
