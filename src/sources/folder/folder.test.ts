import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import {
  bytesOf,
  everything,
  type Item,
  inDirectory,
  list,
  shownUids,
  sourceContract,
  textItem,
  write,
} from '../../../test/contracts/source.ts';
import { type Content, type SkippedItem, SourceError } from '../../database/index.ts';
import { compareBytes, showBytes, utf8 } from '../../lib/bytes.ts';
import { folderSource } from './index.ts';

const sample = (number: number, version: number): Item =>
  textItem(`sample-${number}.txt`, `text of version ${version}`, {
    title: `sample-${number}.txt`,
    type: 'text/plain',
    time: Date.UTC(2026, 0, number, 12, 0, 0, 123),
    attributes: { mode: 0o640 },
  });

/** Odd names, empty files and directories, links, modes, times. */
function fillTree(root: string): void {
  mkdirSync(join(root, 'a', 'deep', 'er'), { recursive: true });
  mkdirSync(join(root, 'empty'));
  mkdirSync(join(root, 'read only'));
  writeFileSync(join(root, 'a', 'deep', 'er', 'file'), 'deep');
  writeFileSync(join(root, 'a.txt'), 'between a and a/ in no order but that of bytes');
  writeFileSync(join(root, 'a-b'), '', { mode: 0o600 });
  writeFileSync(join(root, 'new\nline "quoted" *?.txt'), 'x');
  writeFileSync(join(root, '写真 😀.jpg'), new Uint8Array(2_500_000).fill(7));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/not utf8 `), Buffer.of(0xff, 0xfe)]), 'bytes');
  writeFileSync(join(root, 'read only', 'run'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('a/deep', join(root, 'link to directory'));
  symlinkSync('/nowhere/at all', join(root, 'dangling'));
  utimesSync(join(root, 'a.txt'), 1_000_000_000.123, 1_000_000_000.123);
  chmodSync(join(root, 'read only'), 0o555);
}

/** Lets the tree be removed. */
function release(root: string): void {
  execFileSync('chmod', ['-R', 'u+rwX', root]);
}

const inTree = (run: (root: string) => Promise<void>): Promise<void> =>
  inDirectory(async (directory) => {
    const root = join(directory, 'tree');
    mkdirSync(root);
    try {
      await run(root);
    } finally {
      release(directory);
    }
  });

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

/** Root reads everything; so it steps down for a moment. */
async function asNobody<T>(run: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await run();
  process.seteuid?.(65534);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

const isError = (code: string) => (error: unknown) => error instanceof SourceError && error.code === code;
const plain = { keepBoth: false, dryRun: false };

test('the order is that of full paths', () =>
  inTree(async (root) => {
    fillTree(root);
    const uids = (await list(folderSource({ path: root }))).map((item) => item.uid);
    assert.deepEqual(uids.toSorted(compareBytes), uids);
    const first = ['a-b', 'a.txt', 'a/', 'a/deep/', 'a/deep/er/', 'a/deep/er/file', 'dangling', 'empty/'];
    assert.deepEqual(uids.slice(0, 8).map(showBytes), first);
  }));

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

test('what cannot be backed up is reported', () =>
  inTree(async (root) => {
    fillTree(root);
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const server = createServer().listen(join(root, 'socket'));
    await new Promise((resolve) => server.on('listening', resolve));
    const skipped: SkippedItem[] = [];
    const uids = shownUids(await list(folderSource({ path: root }), skipped));
    server.close();
    assert.deepEqual(
      skipped.map((item) => item.reason),
      ['pipe: a pipe, not a file', 'socket: a socket, not a file'],
    );
    assert.ok(!uids.includes('pipe') && uids.includes('dangling'));
  }));

test('an unreadable directory stands for everything below it', () =>
  inTree(async (root) => {
    fillTree(root);
    chmodSync(join(root, '..'), 0o755);
    chmodSync(join(root, 'a'), 0);
    const skipped: SkippedItem[] = [];
    const uids = await asNobody(async () => shownUids(await list(folderSource({ path: root }), skipped)));
    assert.deepEqual(shownUids(skipped), ['a/']);
    assert.match(skipped[0]!.reason, /permission denied/);
    assert.ok(!uids.some((uid) => uid.startsWith('a/')) && uids.includes('empty/'));
  }));

test('a root that is a file, is missing, or goes away while it is listed is no listing', () =>
  inTree(async (root) => {
    writeFileSync(join(root, 'file'), '');
    await assert.rejects(list(folderSource({ path: join(root, 'file') })), isError('ERR_SOURCE_UNAVAILABLE'));
    for (let i = 0; i < 1500; i++) writeFileSync(join(root, `f${i}`), '');
    const batches = folderSource({ path: root, label: 'tree' }).list(() => {});
    const iterator = batches[Symbol.asyncIterator]();
    assert.equal((await iterator.next()).value?.length, 100);
    renameSync(root, `${root}-away`);
    await assert.rejects(iterator.next(), /cannot list tree \(.*it is not there/);
    renameSync(`${root}-away`, root);
  }));

test('excluded by gitignore rules', () =>
  inTree(async (root) => {
    fillTree(root);
    const source = folderSource({ path: root, exclude: ['/a/', '*.jpg', '!写*', 'read*', 'A-B'] });
    const uids = (await list(source)).map((item) => showBytes(item.uid));
    assert.deepEqual(uids, [
      'a-b',
      'a.txt',
      'dangling',
      'empty/',
      'link to directory',
      'new\\x0aline "quoted" *?.txt',
      'not utf8 \\xff\\xfe',
      '写真 😀.jpg',
    ]);
  }));

test('temporary files of a killed restore are not listed', () =>
  inTree(async (root) => {
    writeFileSync(join(root, '.holdfast-AbCdEfGhIjKlMnOp-1z.tmp'), '');
    writeFileSync(join(root, '.holdfast-mine.tmp'), '');
    assert.deepEqual(shownUids(await list(folderSource({ path: root }))), ['.holdfast-mine.tmp']);
  }));

test('a file that was changed, replaced or removed after the listing', () =>
  inTree(async (root) => {
    for (const name of ['grown', 'link', 'gone', 'pipe', 'shrunk'])
      writeFileSync(join(root, name), 'x'.repeat(10));
    truncateSync(join(root, 'shrunk'), 3_000_000);
    const source = folderSource({ path: root });
    const [gone, grown, link, pipe, shrunk] = await list(source);
    writeFileSync(join(root, 'grown'), 'grown a lot');
    assert.deepEqual(await bytesOf(await source.read(grown!)), utf8('grown a lot'), 'as it is now');
    truncateSync(join(root, 'grown'), 2_000_000);
    assert.equal((await bytesOf(await source.read(grown!))).length, 2_000_000);
    const content = (await source.read(shrunk!)) as Content & { kind: 'stream' };
    await assert.rejects(async () => {
      for await (const _ of content.chunks) truncateSync(join(root, 'shrunk'), 5);
    }, isError('ERR_SOURCE_ITEM_CHANGED'));
    for (const name of ['gone', 'link', 'pipe']) rmSync(join(root, name));
    symlinkSync('/etc/passwd', join(root, 'link'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    assert.throws(() => source.read(gone!), isError('ERR_SOURCE_ITEM_UNREADABLE'));
    assert.throws(() => source.read(link!), isError('ERR_SOURCE_ITEM_UNREADABLE'));
    assert.throws(() => source.read(pipe!), isError('ERR_SOURCE_ITEM_UNREADABLE'));
  }));

test('a file changed a moment ago gets a stamp that will not fit again', () =>
  inTree(async (root) => {
    writeFileSync(join(root, 'f'), '1');
    const source = folderSource({ path: root });
    const stamp = async (): Promise<string> => showBytes((await list(source))[0]!.stamp);
    const fresh = await stamp();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const settled = await stamp();
    assert.notEqual(settled, fresh);
    assert.equal(await stamp(), settled);
  }));

test('no name leads out of the folder', () =>
  inTree(async (root) => {
    mkdirSync(join(root, 'inside'));
    mkdirSync(`${root}-outside`);
    symlinkSync(`${root}-outside`, join(root, 'out'));
    const writer = await folderSource({ path: join(root) }).writer(plain);
    const put = (uid: string, directory?: true): Promise<unknown> => {
      const { head, bytes } = textItem(uid, 'x', directory && { attributes: { directory } });
      return writer.put(head, 1, { kind: 'bytes', bytes });
    };
    for (const uid of [
      '',
      '/',
      '/etc/x',
      '..',
      '../x',
      'a/../../x',
      'a//b',
      './x',
      'a/.',
      'x/',
      'a\0b',
      'x'.repeat(5000),
      'out/x',
    ]) {
      await assert.rejects(put(uid), isError('ERR_SOURCE_UNSAFE_NAME'), uid);
    }
    for (const uid of ['../', './', '/', 'out/', 'out/x/'])
      await assert.rejects(put(uid, true), isError('ERR_SOURCE_UNSAFE_NAME'), uid);
    await writer.commit();
    assert.deepEqual(readdirSync(`${root}-outside`), []);
    assert.deepEqual(readdirSync(root), ['inside', 'out']);
  }));

test('a link restored first is not written through', () =>
  inTree(async (root) => {
    mkdirSync(`${root}-outside`);
    const link = textItem('dir', '', { attributes: { link: utf8(`${root}-outside`) } });
    const writer = await folderSource({ path: root }).writer(plain);
    assert.equal(await writer.put(link.head, 0, { kind: 'bytes', bytes: link.bytes }), 'added');
    const { head, bytes } = textItem('dir/file', 'x');
    await assert.rejects(writer.put(head, 1, { kind: 'bytes', bytes }), isError('ERR_SOURCE_UNSAFE_NAME'));
    await writer.commit();
    assert.deepEqual(readdirSync(`${root}-outside`), []);
  }));

test('what is in the way is not deleted', () =>
  inTree(async (root) => {
    mkdirSync(join(root, 'directory'));
    writeFileSync(join(root, 'directory', 'kept'), '');
    writeFileSync(join(root, 'file'), 'old');
    const source = folderSource({ path: root });
    for (const item of [
      textItem('directory', 'x'),
      textItem('file/x', 'x'),
      textItem('file/', '', { attributes: { directory: true } }),
    ]) {
      await assert.rejects(write(source, [item]), isError('ERR_SOURCE_WRITE'));
    }
    assert.deepEqual(shownUids(await list(source)), ['directory/', 'directory/kept', 'file']);
  }));

test('a file takes the place of a link, and a link that of a file', () =>
  inTree(async (root) => {
    writeFileSync(join(root, 'target'), 'target');
    symlinkSync('target', join(root, 'was link'));
    writeFileSync(join(root, 'was file'), 'x');
    const link = textItem('was file', '', { attributes: { link: utf8('target') } });
    const source = folderSource({ path: root });
    assert.deepEqual(await write(source, [link, textItem('was link', 'now a file')]), [
      'replaced',
      'replaced',
    ]);
    assert.equal(readlinkSync(join(root, 'was file')), 'target');
    assert.equal(readFileSync(join(root, 'target'), 'utf8'), 'target');
    assert.equal(lstatSync(join(root, 'was link')).isFile(), true);
    assert.deepEqual(await write(source, [link]), ['kept']);
    const other = textItem('was file', '', { attributes: { link: utf8('elsewhere') } });
    const both = { keepBoth: true, dryRun: false };
    assert.deepEqual(await write(source, [other], both), ['kept-both']);
    assert.deepEqual(await write(source, [other], both), ['kept']);
  }));

test('modes: special bits are dropped, a differing one is restored, unknown ones follow the umask', () =>
  inTree(async (root) => {
    const source = folderSource({ path: root });
    const mode = (name: string): number => lstatSync(join(root, name)).mode & 0o7777;
    const item = (bits: number): Item => textItem('f', 'x', { attributes: { mode: bits } });
    assert.deepEqual(await write(source, [item(0o6755)]), ['added']);
    assert.equal(mode('f'), 0o755);
    assert.deepEqual(await write(source, [item(0o600)], { keepBoth: true, dryRun: false }), ['kept']);
    assert.deepEqual(await write(source, [item(0o600), item(0o600)]), ['replaced', 'kept']);
    assert.equal(mode('f'), 0o600);
    await write(source, [
      textItem('g', 'x'),
      textItem('d/', '', { attributes: { directory: true, mode: 0o1777 } }),
    ]);
    assert.equal(mode('g'), 0o666 & ~process.umask());
    assert.equal(mode('d'), 0o777);
  }));

test('keeping both names the restored file by the day, and cuts long names', () =>
  inTree(async (root) => {
    const long = `${'ü'.repeat(120)}.tar.gz`;
    const source = folderSource({ path: root });
    await write(source, [textItem('p.jpg', 'mine'), textItem(long, 'mine'), textItem('.rc', 'mine')]);
    const restored = [
      textItem('p.jpg', 'old!'),
      textItem('p.jpg', 'older'),
      textItem(long, 'old'),
      textItem('.rc', 'old'),
    ];
    for (const expected of ['kept-both', 'kept']) {
      const written = await write(source, restored, { keepBoth: true, dryRun: false });
      assert.deepEqual(new Set(written), new Set([expected]));
    }
    const day = new Date().toISOString().slice(0, 10);
    const names = readdirSync(root);
    for (const name of [`p (restored ${day}).jpg`, `p (restored ${day} 2).jpg`, `.rc (restored ${day})`]) {
      assert.ok(names.includes(name), name);
    }
    assert.equal(names.length, 7);
  }));

test('a stream that is the same for a while is written whole', () =>
  inTree(async (root) => {
    const source = folderSource({ path: root });
    const old = new Uint8Array(5000).fill(1);
    const next = old.slice().fill(2, 3000);
    const chunked = (item: Item): Content => ({
      kind: 'stream',
      chunks: (async function* () {
        for (let at = 0; at < item.bytes.length; at += 1000) yield item.bytes.subarray(at, at + 1000);
      })(),
    });
    const as = (bytes: Uint8Array): Item => ({ ...textItem('f', ''), bytes });
    await write(source, [as(old)]);
    assert.deepEqual(await write(source, [as(old)], plain, chunked), ['kept']);
    assert.deepEqual(await write(source, [as(next)], plain, chunked), ['replaced']);
    assert.equal(compareBytes(readFileSync(join(root, 'f')), next), 0);
    const writer = await source.writer(plain);
    const shorter: Content = { kind: 'bytes', bytes: next.subarray(0, 4000) };
    assert.equal(
      await writer.put(as(next).head, next.length, shorter),
      'replaced',
      'a wrong size is no harm',
    );
    await writer.commit();
    assert.equal(compareBytes(readFileSync(join(root, 'f')), next.subarray(0, 4000)), 0);
  }));

test('nothing of an aborted restore is visible, at no time; what a killed one left goes away later', () =>
  inTree(async (root) => {
    writeFileSync(join(root, 'a'), 'mine');
    const left = join(root, '.holdfast-AbCdEfGhIjKlMnOp-0.tmp');
    mkdirSync(join(left, 'tree'), { recursive: true });
    const shown = (path: string): string[] =>
      readdirSync(path).filter((name) => !name.startsWith('.holdfast-'));
    const items = [textItem('a', 'theirs'), textItem('b', 'b'), textItem('d/e', 'e')];
    for (const into of [root, join(root, 'not/there yet')]) {
      const writer = await folderSource({ path: into }).writer(plain);
      const before = shown(into);
      for (const { head, bytes } of items) await writer.put(head, bytes.length, { kind: 'bytes', bytes });
      assert.deepEqual(shown(into), before);
      await writer.abort();
    }
    assert.deepEqual([readFileSync(join(root, 'a'), 'utf8'), shown(root)], ['mine', ['a']]);
    assert.ok(readdirSync(root).includes('.holdfast-AbCdEfGhIjKlMnOp-0.tmp'), 'it could be at work still');
    utimesSync(left, 1_600_000_000, 1_600_000_000);
    await write(folderSource({ path: root }), items);
    assert.deepEqual(readdirSync(root), ['a', 'b', 'd']);
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), 'theirs');
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
