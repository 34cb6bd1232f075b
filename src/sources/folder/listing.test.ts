import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { bytesOf, list, shownUids } from '../../../test/contracts/source.ts';
import { asNobody, fillTree, inTree, isError } from '../../../test/folder-kit.ts';
import type { Content, SkippedItem } from '../../database/index.ts';
import { compareBytes, showBytes, utf8 } from '../../lib/bytes.ts';
import { folderSource } from './index.ts';

test('the order is that of full paths', () =>
  inTree(async (root) => {
    fillTree(root);
    const uids = (await list(folderSource({ path: root }))).map((item) => item.uid);
    assert.deepEqual(uids.toSorted(compareBytes), uids);
    const first = ['a-b', 'a.txt', 'a/', 'a/deep/', 'a/deep/er/', 'a/deep/er/file', 'dangling', 'empty/'];
    assert.deepEqual(uids.slice(0, 8).map(showBytes), first);
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
