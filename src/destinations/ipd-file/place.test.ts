import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { create, makeSet, putAll, random, temporaryFolder } from '../../../test/ipd-file-kit.ts';
import { olderOf, openIpdFile, partialOf } from './index.ts';

const exists = { name: 'IpdFileError', code: 'ERR_FILE_EXISTS', kind: 'usage' };

describe('the place of a backup file', () => {
  test('it is taken when the manifest is there, and nothing else remains', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a.ipd');
    const file = await create(path);
    const puts = makeSet();
    await putAll(file, puts.slice(0, -1));
    assert.deepEqual(await readdir(folder.path), ['a.ipd.partial']);
    await putAll(file, puts.slice(-1));
    await file.finish();
    assert.deepEqual(await readdir(folder.path), ['a.ipd']);
    await file.close();
    assert.deepEqual(await readdir(folder.path), ['a.ipd']);
    if (process.platform !== 'win32') assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  test('a file is not replaced unless that is asked for, and then only by a complete one', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a.ipd');
    await writeFile(path, 'old');
    await assert.rejects(create(path), exists);
    const puts = makeSet();
    for (const broken of [puts.slice(0, 2), puts.slice(0, -1)]) {
      const file = await create(path, true);
      await putAll(file, broken);
      await file.close();
      assert.equal(await readFile(path, 'utf8'), 'old');
    }
    const file = await create(path, true);
    await putAll(file, puts);
    assert.equal(await readFile(path, 'utf8'), 'old');
    await file.close();
    const opened = await openIpdFile(path);
    assert.equal(opened.ending, 'manifest');
    await opened.close();
    assert.deepEqual(await readdir(folder.path), ['a.ipd']);
  });

  test('a file that came in the meantime is not replaced, and the new one is not lost', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a.ipd');
    const file = await create(path);
    await putAll(file, makeSet());
    await writeFile(path, 'other');
    await assert.rejects(file.close(), exists);
    assert.equal(await readFile(path, 'utf8'), 'other');
    const opened = await openIpdFile(partialOf(path));
    assert.equal(opened.ending, 'manifest');
    await opened.close();
  });

  test('broken off before a checkpoint nothing remains, after one the partial file', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a.ipd');
    const puts = makeSet();
    const file = await create(path);
    await putAll(file, puts.slice(0, 4));
    await file.close();
    assert.deepEqual(await readdir(folder.path), []);
    const second = await create(path);
    await putAll(second, puts.slice(0, 6));
    await second.close();
    assert.deepEqual(await readdir(folder.path), ['a.ipd.partial']);
    // The next run begins anew.
    const third = await create(path);
    await putAll(third, puts);
    await third.close();
    assert.deepEqual(await readdir(folder.path), ['a.ipd']);
  });

  test('of two runs at one place the later one wins, and the other says so', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a.ipd');
    const [first, second] = [await create(path), await create(path)];
    await putAll(first, makeSet());
    const puts = makeSet();
    await putAll(second, puts);
    await assert.rejects(first.close(), exists);
    await second.close();
    const opened = await openIpdFile(path);
    assert.ok((await Array.fromAsync(opened.list(''))).some(({ name }) => name === puts[0]!.name));
    await opened.close();
  });

  test('a link to a file leads to it; what is no file is never replaced', async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    await mkdir(at('stick'));
    await writeFile(at('stick/real.ipd'), 'old');
    await symlink(at('stick/real.ipd'), at('link.ipd'));
    await symlink(at('gone'), at('nowhere.ipd'));
    const file = await create(at('link.ipd'), true);
    await putAll(file, makeSet());
    await file.close();
    const opened = await openIpdFile(at('stick/real.ipd'));
    await opened.close();
    assert.deepEqual(await readdir(at('stick')), ['real.ipd']);
    for (const wrong of ['stick', 'nowhere.ipd']) await assert.rejects(create(at(wrong), true), exists);
    await assert.rejects(create(at('no-folder/a.ipd')), { code: 'ERR_FILE_MISSING', kind: 'usage' });
    await assert.rejects(openIpdFile(at('none.ipd')), { code: 'ERR_FILE_MISSING', kind: 'usage' });
  });

  test('a broken file stays until the new one is as far as it was', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a.ipd');
    const puts = makeSet();
    const checkpoints = puts.flatMap(({ kind }, i) => (kind === 'checkpoint' ? [i + 1] : []));
    const endOf = async (file: string): Promise<string> => {
      const opened = await openIpdFile(file);
      await opened.close();
      return opened.ending;
    };
    const first = await create(path);
    await putAll(first, puts.slice(0, checkpoints[0]));
    await first.close();
    const left = await readFile(partialOf(path));

    // One that gets nowhere leaves it as it was.
    const second = await create(path);
    await putAll(second, puts.slice(0, 2));
    assert.deepEqual(await readdir(folder.path), ['a.ipd.partial', 'a.ipd.partial.old']);
    assert.equal(await endOf(olderOf(path)), 'checkpoint');
    await second.close();
    assert.deepEqual(await readdir(folder.path), ['a.ipd.partial']);
    assert.deepEqual(await readFile(partialOf(path)), left);

    // So does one that is killed, and the one after that: of two, the longer is kept.
    const killed = await create(path);
    await putAll(killed, puts.slice(0, 2));
    const third = await create(path);
    await assert.rejects(killed.finish());
    await killed.close();
    assert.deepEqual(await readFile(olderOf(path)), left);
    await putAll(third, puts.slice(0, checkpoints[1]));
    assert.deepEqual(await readdir(folder.path), ['a.ipd.partial'], 'as far as the first one and further');
    await third.close();
    assert.equal(await endOf(partialOf(path)), 'checkpoint');

    const last = await create(path);
    await putAll(last, puts);
    await last.close();
    assert.deepEqual(await readdir(folder.path), ['a.ipd']);
  });

  test('a partial file that is a trap is not written through', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a.ipd');
    const victim = join(folder.path, 'victim');
    await writeFile(victim, 'mine');
    await symlink(victim, partialOf(path));
    const file = await create(path);
    await putAll(file, makeSet());
    await file.close();
    assert.equal(await readFile(victim, 'utf8'), 'mine');
  });

  test('a partial file that is moved away is not finished as another', async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, 'a.ipd');
    const file = await create(path, true);
    await putAll(file, makeSet());
    await rename(partialOf(path), `${path}.moved`);
    await writeFile(partialOf(path), random(10));
    await assert.rejects(file.close(), exists);
    await assert.rejects(stat(path));
  });
});
