import assert from 'node:assert/strict';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareCards, compareTrees } from './compare.ts';

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

test('cards are compared whatever their order; each difference is named', async () => {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-compare-'));
  try {
    const card = (name: string, tel: string) => `BEGIN:VCARD\r\nFN:${name}\r\nTEL:${tel}\r\nEND:VCARD\r\n`;
    const [a, b] = [join(root, 'a.vcf'), join(root, 'b.vcf')];
    await writeFile(a, card('Ann', '1') + card('Bo', '2'));
    await writeFile(b, `${card('Bo', '2')}\r\n${card('Ann', '1')}`);
    const { same, different } = await compareCards(a, b);
    assert.deepEqual([same, different], [2, []]);
    await writeFile(b, card('Bo', '3') + card('Ann', '1'));
    const changed = await compareCards(a, b);
    assert.deepEqual([changed.same, changed.different], [1, ['Bo', 'Bo']]);
  } finally {
    await rm(root, { recursive: true });
  }
});
