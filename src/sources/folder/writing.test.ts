import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { type Item, list, shownUids, textItem, write } from '../../../test/contracts/source.ts';
import { inTree, isError, plain } from '../../../test/folder-kit.ts';
import type { Content } from '../../database/index.ts';
import { compareBytes, utf8 } from '../../lib/bytes.ts';
import { folderSource } from './index.ts';

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

test('2,000 files of one folder are kept beside those that are there, once', () =>
  inTree(async (root) => {
    const uids = Array.from({ length: 2000 }, (_, n) => `photo-${n}.jpg`);
    for (const uid of uids) writeFileSync(join(root, uid), 'theirs');
    const source = folderSource({ path: root });
    for (const expected of ['kept-both', 'kept'] as const) {
      const writer = await source.writer({ keepBoth: true, dryRun: false });
      for (const uid of uids) {
        const { head, bytes } = textItem(uid, 'ours');
        assert.equal(await writer.put(head, bytes.length, { kind: 'bytes', bytes }), expected);
      }
      await writer.commit();
    }
    assert.equal(readdirSync(root).length, 4000);
  }));
