/** Whoever may write in the tree that is restored into must not lead the restore out of it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { type Item, inDirectory, textItem } from '../../../test/contracts/source.ts';
import { plain } from '../../../test/folder-kit.ts';
import { folderSource } from './index.ts';

const skip = process.platform === 'linux' ? false : 'directories are held by /proc/self/fd';

interface Places {
  readonly root: string;
  readonly outside: string;
}

const between = (items: readonly Item[], prepare: (at: Places) => void, swap: (at: Places) => void) =>
  inDirectory(async (directory) => {
    const at = { root: join(directory, 'tree'), outside: join(directory, 'outside') };
    for (const path of [at.root, at.outside]) mkdirSync(path);
    writeFileSync(join(at.outside, 'shadow'), 'secret', { mode: 0o600 });
    prepare(at);
    const writer = await folderSource({ path: at.root }).writer(plain);
    for (const { head, bytes } of items) await writer.put(head, bytes.length, { kind: 'bytes', bytes });
    swap(at);
    await writer.commit().catch(() => {});
    await writer.abort();
    assert.deepEqual(readdirSync(at.outside), ['shadow']);
    assert.equal(readFileSync(join(at.outside, 'shadow'), 'utf8'), 'secret');
    assert.equal(lstatSync(join(at.outside, 'shadow')).mode & 0o777, 0o600);
    assert.equal(lstatSync(at.outside).mode & 0o777, 0o755);
  });

const linkTo = (target: string, path: string): void => {
  renameSync(path, `${path}-moved`);
  symlinkSync(target, path);
};
const file = (path: string, mode = 0o666) => textItem(path, 'theirs', { attributes: { mode } });
const directory = (path: string): Item => ({
  ...textItem(`${path}/`, ''),
  head: { ...textItem(`${path}/`, '').head, time: 1e12, attributes: { directory: true, mode: 0o777 } },
});

test('a parent that becomes a link before the commit', { skip }, () =>
  between(
    [file('a/b/shadow'), file('a/b/new')],
    ({ root }) => mkdirSync(join(root, 'a', 'b'), { recursive: true }),
    ({ root, outside }) => linkTo(outside, join(root, 'a', 'b')),
  ),
);

test('a parent of a file that only gets permissions', { skip }, () =>
  between(
    [file('a/shadow', 0o666)],
    ({ root }) => {
      mkdirSync(join(root, 'a'));
      writeFileSync(join(root, 'a', 'shadow'), 'theirs');
      chmodSync(join(root, 'a', 'shadow'), 0o600);
    },
    ({ root, outside }) => linkTo(outside, join(root, 'a')),
  ),
);

test('a directory that gets permissions and a time, and its parent', { skip }, async () => {
  for (const swapped of ['a', 'a/outside'])
    await between(
      [directory('a'), directory('a/outside')],
      ({ root, outside }) => {
        chmodSync(outside, 0o755);
        mkdirSync(join(root, 'a', 'outside'), { recursive: true });
      },
      ({ root, outside }) => linkTo(swapped === 'a' ? join(outside, '..') : outside, join(root, swapped)),
    );
});

test('the hidden directory that everything is staged in', { skip }, () =>
  between(
    [file('new')],
    ({ outside }) => mkdirSync(join(outside, '..', 'mine')),
    ({ root, outside }) => {
      for (const name of readdirSync(root))
        if (lstatSync(join(root, name)).isDirectory()) linkTo(outside, join(root, name));
    },
  ),
);

test('the root itself', { skip }, () =>
  between(
    [file('new')],
    () => {},
    ({ root, outside }) => linkTo(outside, root),
  ),
);

test('links that come and go while it is restored', { skip }, () =>
  inDirectory(async (directory) => {
    const [root, outside] = [join(directory, 'tree'), join(directory, 'outside')];
    for (const path of [join(root, 'a'), outside]) mkdirSync(path, { recursive: true });
    const swap = `
      const { renameSync, symlinkSync } = require('node:fs');
      process.chdir(${JSON.stringify(root)});
      symlinkSync(${JSON.stringify(outside)}, 'link');
      const end = Date.now() + 1000;
      console.log('swapping');
      while (Date.now() < end)
        try { renameSync('a', 'away'); renameSync('link', 'a'); renameSync('a', 'link'); renameSync('away', 'a'); } catch {}
    `;
    const child = spawn(process.execPath, ['-e', swap], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const source = folderSource({ path: root });
    for (let n = 0; child.exitCode === null; n++) {
      const writer = await source.writer(plain);
      try {
        const { head, bytes } = textItem(`a/${n}`, 'theirs');
        await writer.put(head, bytes.length, { kind: 'bytes', bytes });
        await writer.commit();
      } catch {
        // A link was in the way at that moment.
      }
      await writer.abort();
    }
    assert.deepEqual(readdirSync(outside), []);
  }),
);
