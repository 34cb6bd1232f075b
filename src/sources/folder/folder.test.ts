import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { everything, list, sourceContract, write } from '../../../test/contracts/source.ts';
import { fillTree, inTree, sample } from '../../../test/folder-kit.ts';
import { compareBytes, showBytes } from '../../lib/bytes.ts';
import { folderSource } from './index.ts';

sourceContract({
  kind: 'folder',
  open: (directory) => folderSource({ path: join(directory, 'tree') }),
  async fill(directory) {
    mkdirSync(join(directory, 'tree', 'sub'), { recursive: true });
    writeFileSync(join(directory, 'tree', 'sub', 'one'), '1');
    writeFileSync(join(directory, 'tree', 'two'), '2');
    writeFileSync(join(directory, 'tree', 'big'), new Uint8Array(1_200_000).fill(3));
    symlinkSync('two', join(directory, 'tree', 'link'));
  },
  sample,
  staged: true,
});

test('a restored tree is the same: names, bytes, modes, times, links, empty directories', () =>
  inTree(async (root) => {
    fillTree(root);
    const source = folderSource({ path: root });
    const all = await everything(source);
    const listed = await list(source);
    await inTree(async (other) => {
      const target = folderSource({ path: other });
      const items = all.map((item, i) => ({ ...item, head: { ...item.head, time: listed[i]!.time } }));
      await write(target, items);
      assert.deepEqual(await everything(target), all);
      const again = await list(target);
      const times = (from: typeof again) =>
        from.filter((item) => !item.attributes.link).map((item) => [showBytes(item.uid), item.time]);
      assert.deepEqual(times(again), times(listed));
      assert.equal(execFileSync('diff', ['-r', '--no-dereference', root, other]).toString(), '');
    });
  }));

test('any tree comes back', async () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '0', 'ä'), minLength: 1, maxLength: 3 });
  const path = fc.array(
    name.filter((n) => n !== '.' && n !== '..'),
    { minLength: 1, maxLength: 4 },
  );
  const trees = fc.dictionary(
    path.map((parts) => parts.join('/')),
    fc.string(),
    { maxKeys: 12 },
  );
  await fc.assert(
    fc.asyncProperty(trees, (tree) =>
      inTree(async (root) => {
        for (const [file, text] of Object.entries(tree)) {
          try {
            mkdirSync(join(root, file, '..'), { recursive: true });
            writeFileSync(join(root, file), text);
          } catch {
            // A file where another one needs a directory: not part of this tree.
          }
        }
        const source = folderSource({ path: root });
        const all = await everything(source);
        const uids = all.map((item) => item.head.uid);
        assert.deepEqual(uids.toSorted(compareBytes), uids);
        const target = folderSource({ path: `${root}-restored` });
        await write(target, all);
        assert.deepEqual(await everything(target), all);
      }),
    ),
    { numRuns: 15 },
  );
});
